import markdown from "markdown-it";

const PAGE = 10;
const slugify = (name) => name.toLowerCase().replace(/\s+/g, "-");

/** The pages of a list of posts below an address, newest post first. */
function paged(title, address, posts) {
  const count = Math.ceil(posts.length / PAGE);
  return Array.from({ length: count }, (_, at) => ({
    title, count, number: at + 1,
    address: (number) => (number > 1 ? `${address}page/${number}/` : address),
    posts: posts.slice(at * PAGE, (at + 1) * PAGE),
  }));
}

function grouped(kind, posts, names) {
  const groups = new Map();
  for (const post of posts) {
    for (const name of names(post.data)) {
      if (!groups.has(name)) groups.set(name, []);
      groups.get(name).push(post);
    }
  }
  return [...groups].flatMap(([name, members]) => paged(name, `/${kind}/${slugify(name)}/`, members));
}

export default function (config) {
  const safe = markdown({ html: false });
  config.addFilter("comment", (text) => safe.render(text));
  config.addFilter("slugify", slugify);
  config.addCollection("lists", (all) => {
    const posts = all.getFilteredByGlob("site/posts/*.md").sort((a, b) => b.date - a.date);
    return [
      ...paged("A long blog", "/", posts),
      ...grouped("category", posts, (data) => [data.category]),
      ...grouped("tag", posts, (data) => data.tags),
    ];
  });
  config.addCollection("newest", (all) =>
    all.getFilteredByGlob("site/posts/*.md").sort((a, b) => b.date - a.date).slice(0, 20));
  return { dir: { input: "site", output: "output" }, markdownTemplateEngine: false };
}
