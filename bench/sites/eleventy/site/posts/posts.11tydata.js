export default {
  layout: "post.11ty.js",
  permalink: (data) => `/${data.slug}/`,
};
