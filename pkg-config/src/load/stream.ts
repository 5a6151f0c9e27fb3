/**
 * Compiles the module. The hash was written when the package was built, so a file that was swapped on the way or on the host
 * does not run; and nothing of it comes before all of it was checked (Fetch standard, "main fetch").
 */
export async function streamWasm(url: URL, integrity: string): Promise<WebAssembly.Module> {
  const response = await fetch(url, { integrity, credentials: "same-origin" });
  // Only this media type, without a parameter, is compiled from the response, which browsers may keep compiled. A host that
  // sends another costs that, not the form, and not a second download.
  return response.headers.get("content-type")?.toLowerCase() === "application/wasm"
    ? WebAssembly.compileStreaming(response)
    : WebAssembly.compile(await response.arrayBuffer());
}
