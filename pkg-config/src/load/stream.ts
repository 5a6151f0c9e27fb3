import { integrity } from "../wasm/integrity.js";

/**
 * Compiles the module while it downloads. The hash was written when the package was built, so a file
 * that was swapped on the way or on the host does not run.
 */
export async function streamWasm(url: URL): Promise<WebAssembly.Module> {
  const response = await fetch(url, { integrity, credentials: "same-origin" });
  // A host that sends another media type than application/wasm costs the streaming, not the form.
  return response.headers.get("content-type")?.startsWith("application/wasm")
    ? WebAssembly.compileStreaming(response)
    : WebAssembly.compile(await response.arrayBuffer());
}
