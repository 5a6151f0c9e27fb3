/**
 * The text, unless it has half of a surrogate pair in it, which UTF-8 cannot say. `isWellFormed` is younger than the browsers
 * that this runs in.
 *
 * @param {string} text
 * @returns {string | undefined}
 */
export const whole = (text) => (/\p{Cs}/u.test(text) ? undefined : text);
