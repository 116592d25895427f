export const URL = "https://blog.example";
export const NAME = "A long blog";
const ENTITIES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

export const escape = (text) => text.replace(/[&<>"']/g, (sign) => ENTITIES[sign]);
export const day = (date) => `<time datetime="${date.toISOString()}">${date.toISOString().slice(0, 10)}</time>`;

/** A whole page around its main part. */
export const page = (title, main) => `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>${escape(title)}</title>
<link rel="alternate" type="application/atom+xml" href="${URL}/feeds/all.atom.xml" title="${NAME}">
</head>
<body>
<header><a href="${URL}/">${NAME}</a></header>
<main>
${main}
</main>
</body>
</html>
`;
