/**
 * Runs after a user has logged in with a passkey: the place to make a session at your identity provider.
 *
 * An action may check what Corbado signed, give a session to the client, and refuse the login.
 *
 * @trigger corbado/post-login
 * @title Post Login
 * @mode sync
 * @subject event.processId event.user.id
 */

import type { CacheAPI } from "../shared.d.ts";
import type { ConnectEvent, PasskeyAPI, SignedPasskeyData, User } from "./shared.d.ts";

/**
 * Called once for every login with a passkey.
 *
 * @example
 * ```js
 * exports.onPostLogin = async (event, api) => {
 *   const { sub, username } = await api.passkey.verifySignedData(event.signedPasskeyData, {
 *     jwksUrl: "https://pro-1234567890123456789.frontendapi.cloud.corbado.io/.well-known/jwks",
 *     issuer: "https://pro-1234567890123456789.frontendapi.cloud.corbado.io",
 *     username: event.user.username,
 *   });
 *   const response = await fetch("https://idp.example.com/sessions", {
 *     method: "POST",
 *     headers: { authorization: `Bearer ${event.secrets.IDP_TOKEN}` },
 *     body: JSON.stringify({ passkeyUser: sub, username }),
 *   });
 *   api.session.set(await response.json());
 * };
 * ```
 * @handler onPostLogin execute
 */
export type OnPostLogin = (event: Event, api: PostLoginAPI) => Promise<void>;

// ---------------------------------------------------------------------------------------------
// What the action sees
// ---------------------------------------------------------------------------------------------

/** A login with a passkey. Changes made to this object stay in the action. */
export interface Event extends ConnectEvent {
  /** Whether the user chose the passkey from the browser's suggestions. */
  isConditionalUI?: boolean;
  /**
   * What Corbado says about the ceremony. Check it with `api.passkey.verifySignedData` before you use it.
   * @sensitive
   */
  signedPasskeyData: SignedPasskeyData;
  /** Who has logged in. */
  user: User;
}

// ---------------------------------------------------------------------------------------------
// What the action may ask for
// ---------------------------------------------------------------------------------------------

/** What an action may ask for. Methods that return this object can be chained. */
export interface PostLoginAPI {
  /** Refuse the login. */
  access: {
    /**
     * Refuses the login although the passkey is right: the client gets no session. The handler still runs to
     * its end; later actions do not run.
     *
     * @param reason - Why; it appears in the log only.
     * @param userMessage - What the user is told; without it they see a general message.
     * @stops
     * @merge last
     */
    deny(
      /** @minLength 1 */
      reason: string,
      /** @minLength 1 */
      userMessage?: string,
    ): PostLoginAPI;
  };
  /** Keep small values between executions. */
  cache: CacheAPI;
  /** Check what Corbado signed. */
  passkey: PasskeyAPI;
  /** Give the client a session. */
  session: {
    /**
     * Gives the client what it needs for a session: a token, or an object of whatever your identity provider
     * made. The host hands it on as it is.
     *
     * @param data - The session; it replaces what was set before.
     * @merge last
     */
    set(data: string | Record<string, unknown>): PostLoginAPI;
  };
}
