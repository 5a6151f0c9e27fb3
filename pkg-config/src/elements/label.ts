/**
 * What a screen reader should call the inner control. Labels and `aria-labelledby` do not reach into a shadow
 * tree, so their text is taken over.
 */
export function nameOf(host: Element, labels: NodeList): string {
  return (
    textOfIds(host, "aria-labelledby") ||
    (host.getAttribute("aria-label") ?? "").trim() ||
    [...labels].map((label) => textOf(label, host)).filter(Boolean).join(" ") ||
    (host.getAttribute("title") ?? "").trim()
  );
}

/** What else is said about the control, by elements outside. */
export function descriptionOf(host: Element): string {
  return textOfIds(host, "aria-describedby");
}

function textOfIds(host: Element, attribute: string): string {
  const ids = host.getAttribute(attribute)?.split(/\s+/) ?? [];
  const root = host.getRootNode() as Document | ShadowRoot;
  const nodes = ids.flatMap((id) => (id && root.getElementById?.(id)) || []);
  return nodes.map((node) => textOf(node, host)).filter(Boolean).join(" ");
}

/** The visible text of a label, without what belongs to the element itself. */
function textOf(node: Node, host: Element): string {
  return collect(node, host).replace(/\s+/g, " ").trim();
}

function collect(node: Node, host: Element): string {
  if (node.nodeType === Node.TEXT_NODE) return node.nodeValue ?? "";
  if (node === host) return "";
  if (node instanceof Element && node.matches("[aria-hidden=true], [hidden]")) return "";
  return [...node.childNodes].map((child) => collect(child, host)).join("");
}
