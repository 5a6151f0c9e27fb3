// A form that the browser sends itself: guarded inputs, one of them controlled, and the component.
import { SealedInput, useSealedForm, useSealer } from "fieldseal/react";
import { useEffect, useRef, useState } from "react";
import { note } from "./app.jsx";

const KEYS = "/.well-known/sealed-input";

export default function Checkout({ pin }) {
  const [card, setCard] = useState("");
  const [said, setSaid] = useState("");
  const ssn = useRef(null);
  // Written anew at each render, as people do.
  const { sealer, ready, error } = useSealer(KEYS, { trust: { pin } });
  const form = useSealedForm({ keys: new URL(KEYS, "http://localhost").pathname, trust: { pin }, lifetime: 3600 });
  useEffect(() => {
    note("mounted", ssn.current?.localName);
    return () => note("unmounted", ssn.current?.localName);
  }, []);
  useEffect(() => note("ready", form.ready), [form.ready]);

  return (
    <form
      ref={form.ref}
      method="post"
      action="/order"
      data-ready={form.ready && ready}
      data-error={(form.error ?? error)?.code}
    >
      <label>
        Card number
        <input
          id="card"
          data-seal="card"
          data-kind="card-number"
          value={card}
          onChange={(event) => setCard(event.target.value)}
        />
      </label>
      <output id="seen">{card}</output>
      <label>
        Email <input id="email" data-seal="email" data-kind="email" />
      </label>
      <label>
        SSN
        <SealedInput
          ref={ssn}
          id="ssn"
          className="wide"
          name="ssn"
          kind="us-ssn"
          hint={["valid"]}
          required
          disabled={false}
          sealer={sealer}
          icon={<b>*</b>}
          onChange={() => note("change", ssn.current.value)}
          onInvalid={(event) => setSaid(event.detail.reason)}
        />
      </label>
      <output id="said">{said}</output>
      <input name="quantity" defaultValue="1" />
      <p id="blocked">{form.blocked?.code}</p>
      <button id="pay">Pay</button>
    </form>
  );
}
