import type { OnExecutePostLogin } from "auth0/post-login";

// Claims need a prefix of your own: a URL that belongs to you.
const NAMESPACE = "https://example.com/";

/**
 * Runs on every login, after the user has proved who they are and before any token is issued.
 * Hover over `event` and `api` to see what they have.
 */
export const onExecutePostLogin: OnExecutePostLogin = async (event, api) => {
  // Refuse the login. Nothing after this action runs, and the application gets the reason.
  if (!event.user.email_verified) {
    console.warn("refused: the address is not confirmed");
    api.access.deny("Please confirm your e-mail address first.");
    return;
  }

  // Tell the application what the user may do.
  const roles = event.authorization?.roles ?? [];
  api.idToken.setCustomClaim(`${NAMESPACE}roles`, roles);
  console.log("roles:", roles);
};
