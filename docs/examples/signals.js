// Todos with signals: a signal that is fed while somebody watches it, and costs nothing while nobody does.
import { computed, effect, signal } from "@preact/signals-core";
import { all, db, todos } from "./database.js";

function signalOf(store) {
  let stop = () => {};
  return signal(undefined, {
    watched() { stop = store.subscribe((value) => { this.value = value; }); },
    unwatched() { stop(); },
  });
}

const [docs, status] = [signalOf(all), signalOf(db)];
const left = computed(() => (docs.value ?? []).filter(({ done }) => !done).length);

const make = (tag, properties, ...children) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
};
const list = make("ul", {});
const note = make("p", {});
note.dataset.testid = "left";
const field = make("input", { name: "title", ariaLabel: "New todo" });
const form = make("form", {
  onsubmit(event) {
    event.preventDefault();
    void todos.put({ title: field.value, done: false });
    form.reset();
  },
}, field);
document.body.append(form, list, note);

effect(() => list.replaceChildren(...(docs.value ?? []).map(({ id, title, done }) =>
  make("li", {}, make("label", {}, make("input", { type: "checkbox", checked: done, onchange: () => todos.update(id, { done: !done }) }), title)))));
effect(() => { note.textContent = `${left.value} left, ${status.value?.pending ?? 0} to sync`; });
