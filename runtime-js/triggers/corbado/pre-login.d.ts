/**
 * Runs when a user has typed who they are, before the passkey ceremony: the place to translate what people
 * type into the username that your identity provider and Corbado know.
 *
 * An action may choose the identifier, and refuse the login.
 *
 * @trigger corbado/pre-login
 * @title Pre Login
 * @mode sync
 * @subject event.processId
 */

import type { CacheAPI } from "../shared.d.ts";
import type { ConnectEvent } from "./shared.d.ts";

/**
 * Called once for every login that begins.
 *
 * @example
 * ```js
 * exports.onPreLogin = async (event, api) => {
 *   // Customers may log in with the number on their card.
 *   const card = event.login.identifier.match(/^\d{3}-\d{3}$/);
 *   if (card) api.login.setIdentifier(`customer-${card[0].replace("-", "")}`);
 * };
 * ```
 * @handler onPreLogin execute
 */
export type OnPreLogin = (event: Event, api: PreLoginAPI) => Promise<void>;

// ---------------------------------------------------------------------------------------------
// What the action sees
// ---------------------------------------------------------------------------------------------

/** A login that begins. Changes made to this object stay in the action. */
export interface Event extends ConnectEvent {
  /** What the user entered. */
  login: {
    /** The identifier as it was typed; empty when the browser suggested a passkey. */
    identifier: string;
    /** Whether this device remembers who logged in last. */
    identifierHintAvailable?: boolean;
    /** Whether the user may choose a passkey from the browser's suggestions. */
    isConditionalUI?: boolean;
    /** When the page was loaded, in milliseconds since 1970. */
    loadedMs?: number;
    /**
     * A token of your back end that says who is logging in.
     * @sensitive
     */
    loginConnectToken?: string;
  };
}

// ---------------------------------------------------------------------------------------------
// What the action may ask for
// ---------------------------------------------------------------------------------------------

/** What an action may ask for. Methods that return this object can be chained. */
export interface PreLoginAPI {
  /** Refuse the login. */
  access: {
    /**
     * Refuses the login before any passkey is asked for. The handler still runs to its end; later actions
     * do not run.
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
    ): PreLoginAPI;
  };
  /** Keep small values between executions. */
  cache: CacheAPI;
  /** Change the login. */
  login: {
    /**
     * Chooses the identifier that the login goes on with; the host looks up the user by it. The next action
     * sees it in `event.login.identifier`.
     *
     * @param identifier - The username that your identity provider and Corbado know.
     * @merge last
     * @updates event.login.identifier = identifier
     */
    setIdentifier(
      /**
       * @trim
       * @minLength 1
       * @maxLength 1024
       */
      identifier: string,
    ): PreLoginAPI;
  };
}
