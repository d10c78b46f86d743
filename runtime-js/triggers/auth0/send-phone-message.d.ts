/**
 * Runs when a user enrols a phone as a second factor, or is challenged with it: the code is ready, and the
 * action delivers it, as a text message or as a call, through the provider of your choice.
 *
 * The user waits for the handler. When it returns, the message counts as handed over. When it throws, the
 * message counts as not sent: throwing is the way to say that a provider refused it.
 *
 * @trigger auth0/send-phone-message
 * @title Send Phone Message
 * @mode sync
 */

import type {
  Client,
  CustomDomain,
  MessageUser,
  Request,
  SecurityContext,
  Tenant,
  TracedTransaction,
} from "./shared.d.ts";
import type { CacheAPI, Configuration, Secrets } from "../shared.d.ts";

/**
 * Called once for every message.
 *
 * @example
 * ```js
 * exports.onExecuteSendPhoneMessage = async (event, api) => {
 *   const { recipient, text } = event.message_options;
 *   const response = await fetch("https://sms.example/v1/messages", {
 *     method: "POST",
 *     headers: { authorization: `Bearer ${event.secrets.SMS_KEY}`, "content-type": "application/json" },
 *     body: JSON.stringify({ to: recipient, text }),
 *   });
 *   if (!response.ok) throw new Error(`the SMS provider answered ${response.status}`);
 * };
 * ```
 * @handler onExecuteSendPhoneMessage execute
 */
export type OnExecuteSendPhoneMessage = (event: Event, api: SendPhoneMessageAPI) => Promise<void>;

// ---------------------------------------------------------------------------------------------
// What the action sees
// ---------------------------------------------------------------------------------------------

/** The message, and who asked for it. Changes made to this object stay in the action. */
export interface Event {
  /** The application that the user is logging in to, when there is one. */
  client?: Client;
  /**
   * Plain settings of an installed integration.
   * @provided
   */
  configuration: Configuration;
  /** The custom domain of the request, when one was used. */
  custom_domain?: CustomDomain;
  /** What is to be sent, to whom, and how. */
  message_options: MessageOptions;
  /** The HTTP request that made the message necessary. */
  request: Request;
  /**
   * The secrets of the action.
   * @provided
   */
  secrets: Secrets;
  /** Fingerprints of the TLS connection. */
  security_context?: SecurityContext;
  /** The tenant. */
  tenant: Tenant;
  /** The protocol transaction. */
  transaction?: TracedTransaction;
  /** The user who waits for the message. */
  user: MessageUser;
}

/** What is to be sent. `text` holds the `code` already; send the code alone if you write your own text. */
export interface MessageOptions {
  /** Why: the user enrols the phone, or proves to have it. */
  action: "enrollment" | "second-factor-authentication";
  /**
   * The one-time code.
   * @sensitive
   */
  code: string;
  /** How: as a text message, or read out in a call. */
  message_type: "sms" | "voice";
  /** The phone number, with `+` and the country code. */
  recipient: string;
  /**
   * The finished text, the code included.
   * @sensitive
   */
  text: string;
}

// ---------------------------------------------------------------------------------------------
// What the action may ask for
// ---------------------------------------------------------------------------------------------

/** What an action may ask for. The delivery itself is yours: use `fetch`. */
export interface SendPhoneMessageAPI {
  /** Keep small values between executions, such as the access token of a provider. */
  cache: CacheAPI;
}
