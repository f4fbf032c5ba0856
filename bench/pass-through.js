// The least that a Worker on the site's route can cost: fetch and return.

export default {
  fetch(request, env) {
    const url = new URL(request.url);
    return fetch(new Request(env.XM_ORIGIN + url.pathname + url.search, request));
  },
};
