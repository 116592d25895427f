import { NAME, URL, escape } from "./_includes/page.js";

export const data = { permalink: "/feeds/all.atom.xml" };

export function render({ collections }) {
  return `<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom">
<title>${NAME}</title>
<link href="${URL}/" rel="alternate"/>
<link href="${URL}/feeds/all.atom.xml" rel="self"/>
<id>${URL}/</id>
<updated>${collections.newest[0].date.toISOString()}</updated>
${collections.newest.map((post) => `<entry>
<title>${escape(post.data.title)}</title>
<link href="${URL}${post.url}" rel="alternate"/>
<id>${URL}${post.url}</id>
<published>${post.date.toISOString()}</published>
<updated>${post.date.toISOString()}</updated>
<author><name>Ada Holm</name></author>
<content type="html">${escape(post.content)}</content>
${post.data.tags.map((tag) => `<category term="${escape(tag)}"/>`).join("\n")}
</entry>`).join("\n")}
</feed>
`;
}
