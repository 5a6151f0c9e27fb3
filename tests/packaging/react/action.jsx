// A form whose action is a function, as React 19 has them.
import { useSealedForm } from "fieldseal/react";
import { note } from "./app.jsx";

export default function Action({ pin }) {
  const form = useSealedForm({ keys: "/.well-known/sealed-input", trust: { pin } });
  return (
    <form ref={form.ref} noValidate action={(data) => note("submitted", [...data])} data-ready={form.ready}>
      <input id="card" data-seal="card" data-kind="card-number" />
      <input name="quantity" defaultValue="1" />
      <p id="blocked">{form.blocked?.code}</p>
      <button id="pay">Pay</button>
    </form>
  );
}
