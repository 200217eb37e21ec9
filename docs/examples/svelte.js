// Mounts the todos in Svelte.
import { mount } from "svelte";
import Todos from "./Todos.svelte";

mount(Todos, { target: document.body });
