/**
 * Runs after a user has made a new passkey, while they wait: the place to tell other systems, such as the
 * identity provider, that this user has a second factor now.
 *
 * The passkey is there already, and an action cannot take it back. It works by `fetch` alone.
 *
 * @trigger corbado/post-append
 * @title Post Append
 * @mode sync
 * @subject event.processId event.user.id
 */

import type { CacheAPI } from "../shared.d.ts";
import type { ConnectEvent, Credential, PasskeyAPI, SignedPasskeyData, User } from "./shared.d.ts";

/**
 * Called once for every new passkey.
 *
 * @example
 * ```js
 * exports.onPostAppend = async (event) => {
 *   const response = await fetch(`https://idp.example.com/users/${encodeURIComponent(event.user.username)}`, {
 *     method: "PATCH",
 *     headers: { authorization: `Bearer ${event.secrets.IDP_TOKEN}` },
 *     body: JSON.stringify({ mfaEnabled: true }),
 *   });
 *   if (!response.ok) throw new Error(`the identity provider answered ${response.status}`);
 * };
 * ```
 * @handler onPostAppend execute
 */
export type OnPostAppend = (event: Event, api: PostAppendAPI) => Promise<void>;

// ---------------------------------------------------------------------------------------------
// What the action sees
// ---------------------------------------------------------------------------------------------

/** A new passkey and its user. Changes made to this object stay in the action. */
export interface Event extends ConnectEvent {
  /** The new passkey. */
  credential: Credential;
  /**
   * What Corbado says about the ceremony, when the host hands it on.
   * @sensitive
   */
  signedPasskeyData?: SignedPasskeyData;
  /** Whose passkey it is. */
  user: User;
}

// ---------------------------------------------------------------------------------------------
// What the action may ask for
// ---------------------------------------------------------------------------------------------

/** What an action may ask for. */
export interface PostAppendAPI {
  /** Keep small values between executions. */
  cache: CacheAPI;
  /** Check what Corbado signed. */
  passkey: PasskeyAPI;
}
