import { useEffect, useLayoutEffect } from "react";

/** Before the browser paints. On a server neither runs, and there React 18 warns of the one that would be right. */
export const useEarlyEffect = typeof document === "undefined" ? useEffect : useLayoutEffect;
