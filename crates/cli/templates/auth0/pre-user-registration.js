// @ts-check

/** Providers whose addresses are thrown away after use. */
const DISPOSABLE = ["mailinator.com", "trashmail.com"];

/**
 * Runs when somebody signs up, before the user is stored.
 * Hover over `event` and `api` to see what they have.
 *
 * @type {import("auth0/pre-user-registration").OnExecutePreUserRegistration}
 */
exports.onExecutePreUserRegistration = async (event, api) => {
  // Refuse the registration. The first text is for your log, the second one for the user.
  const domain = event.user.email?.split("@")[1] ?? "";
  if (DISPOSABLE.includes(domain)) {
    console.warn("refused: disposable address at", domain);
    api.access.deny("disposable address", "Please sign up with an address that you keep.");
    return;
  }

  // Choose what the user starts with.
  api.user.setAppMetadata("signed_up_from", event.request.geoip?.countryCode ?? "unknown");
};
