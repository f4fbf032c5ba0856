// What an ad blocker does to a visit. In: a browser context and the site's host. Out: the URLs that it blocked. Stricter than any:
// every other host is unreachable, and on the site's own host what public lists of trackers name, whatever the host.

/** Names that general rules of such lists (EasyPrivacy and its kin) block on the visited site too. */
const TRACKERS = [
    /\/beacon(\.min)?\.js/i, /\/beacon\?/i, /\/gtm(\.min)?\.js/i, /\/gtag(\.min)?\.js/i, /\/gtag\/js\?/i, /google-?analytics/i,
  /googletagmanager/i, /[/.]analytics[./?]/i, /\/(collect|track|pixel|pageview)\?/i, /\/track(er|ing)[./?]/i, /\/VisitorIdentification\.js/i,
  /\/event\?(ref|t|token|eventType|sendBeacon)=/i, /\/events\?data=/i, /[?&](event|t)=(page)?view&/i, /boxever-\d/i, /sitecore-engage/i,
];

/** Blocks from now on. */
export async function blockAds(context, host) {
  const blocked = [];
  await context.route("**/*", (route) => {
    const url = new URL(route.request().url());
    if (url.host === host && !TRACKERS.some((tracker) => tracker.test(url.href))) return route.continue();
    blocked.push(url.href);
    return route.abort("blockedbyclient");
  });
  return blocked;
}
