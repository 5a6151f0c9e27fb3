import { fillIn } from "fieldseal/testing";
import { hydrateRoot } from "react-dom/client";
import { App } from "./app.jsx";

const root = document.getElementById("root");
const options = { onRecoverableError: (error) => console.error("not hydrated:", error.message) };
// For the test, as the others of a developer have it.
globalThis.fillIn = fillIn;
globalThis.app = hydrateRoot(root, <App {...JSON.parse(root.dataset.props)} />, options);
