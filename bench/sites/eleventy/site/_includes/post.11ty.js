import { URL, day, escape, page } from "./page.js";

const name = (said) =>
  said.url ? `<a href="${escape(said.url)}" rel="nofollow ugc">${escape(said.author)}</a>` : escape(said.author);

export function render({ title, page: { date }, category, tags, content, said }) {
  const answers = new Map();
  for (const one of said) {
    if (!answers.has(one.in_reply_to)) answers.set(one.in_reply_to, []);
    answers.get(one.in_reply_to).push(one);
  }
  const replies = (of) => !answers.has(of) ? "" : `<ol>
${answers.get(of).map((one) => `<li><article class="comment" id="comment-${one.id}">
<h3>${name(one)}</h3>
<p><a href="#comment-${one.id}"><time datetime="${one.date}">${one.date.slice(0, 16).replace("T", " ")}</time></a></p>
<div class="words">${this.comment(one.body)}</div>
</article>
${replies(one.id)}
</li>`).join("\n")}
</ol>`;
  const filed = [["category", category], ...tags.map((tag) => ["tag", tag])];
  return page(title, `<article class="post">
<h1>${escape(title)}</h1>
<p>${day(date)}
${filed.map(([kind, of]) => `<a href="${URL}/${kind}/${this.slugify(of)}/">${escape(of)}</a>`).join("\n")}
</p>
<div class="prose">
${content}
</div>
</article>
<section id="comments">
<h2>${said.length} comments</h2>
${replies("")}
</section>`);
}
