/** On every answer. Pages have a policy and an embedding rule of their own. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  // Figures are not for another page's <img> or <script>; pages that may read them use CORS.
  "cross-origin-resource-policy": "same-origin",
};
