// Todos in Vue: four lines make a ref of anything that has `subscribe`.
import { computed, createApp, h, onScopeDispose, shallowRef } from "vue";
import { all, db, todos } from "./database.js";

/** Shallow: documents are shared and read-only, there is nothing in them to watch. */
function refOf(store) {
  const ref = shallowRef();
  onScopeDispose(store.subscribe((value) => { ref.value = value; }));
  return ref;
}

const add = (event) => {
  event.preventDefault();
  void todos.put({ title: new FormData(event.target).get("title"), done: false });
  event.target.reset();
};

createApp({
  setup() {
    const [docs, status] = [refOf(all), refOf(db)];
    const left = computed(() => (docs.value ?? []).filter(({ done }) => !done).length);
    return () => [
      h("form", { onSubmit: add }, h("input", { name: "title", "aria-label": "New todo" })),
      h("ul", (docs.value ?? []).map(({ id, title, done }) => h("li", { key: id }, h("label", [
        h("input", { type: "checkbox", checked: done, onChange: () => todos.update(id, { done: !done }) }), title])))),
      h("p", { "data-testid": "left" }, `${left.value} left, ${status.value.pending} to sync`),
    ];
  },
}).mount(document.body.appendChild(document.createElement("div")));
