// A form that the application sends itself, and that does without the browser's own checks.
import { useSealedForm } from "fieldseal/react";
import { useRef, useState } from "react";
import { note } from "./app.jsx";

export default function Fetching({ pin }) {
  const [options, setOptions] = useState({ lifetime: 3600, keys: "/.well-known/sealed-input" });
  const [agreed, setAgreed] = useState("billing");
  const message = useRef(null);
  const describe = ({ code }) => `${code} ${options.lifetime}`;
  const form = useSealedForm({ trust: { pin }, message, describe, consent: () => ({ purpose: agreed }), ...options });
  const submit = (event) => {
    event.preventDefault();
    note("submitted", [...new FormData(event.currentTarget)]);
  };
  const change = (more) => () => setOptions({ ...options, ...more });
  return (
    <>
      <form ref={form.ref} noValidate onSubmit={submit} data-ready={form.ready} data-error={form.error?.code}>
        <input id="card" data-seal="card" data-kind="card-number" />
        <input name="quantity" defaultValue="1" />
        <p id="blocked">{form.blocked && `${form.blocked.code} ${form.blocked.field}`}</p>
        <button id="pay">Pay</button>
      </form>
      <p id="message" ref={message} />
      <button id="agree" onClick={() => setAgreed("billing surveys")} />
      <button id="shorter" onClick={change({ lifetime: 60 })} />
      <button id="wrong" onClick={change({ lifetime: -1 })} />
      <button id="later" onClick={change({ keys: undefined, trust: undefined, sealer: undefined })} />
    </>
  );
}
