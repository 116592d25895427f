import { URL, day, escape, page } from "./_includes/page.js";

export const data = {
  pagination: { data: "collections.lists", size: 1, alias: "list" },
  permalink: ({ list }) => list.address(list.number),
};

export function render({ list }) {
  const link = (rel, number, words) => `<a rel="${rel}" href="${URL}${list.address(number)}">${words}</a>`;
  return page(list.title, `<h1>${escape(list.title)}</h1>
${list.posts.map((post) => `<article>
<h2><a href="${URL}${post.url}">${escape(post.data.title)}</a></h2>
<p>${day(post.date)}
<a href="${URL}${post.url}#comments">${post.data.said.length} comments</a></p>
</article>`).join("\n")}
<nav>
${list.number > 1 ? link("prev", list.number - 1, "Newer") : ""}
Page ${list.number} of ${list.count}
${list.number < list.count ? link("next", list.number + 1, "Older") : ""}
</nav>`);
}
