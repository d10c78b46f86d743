/**
 * Sends every phone message of the tenant: one-time codes, and notices of blocked accounts, changed
 * passwords and leaked passwords.
 *
 * It runs in the background, so nobody waits for it. One action is bound at most: two would send everything
 * twice. A handler that returns has delivered the message. One that cannot says what is to happen:
 * `api.notification.retry` brings the message back, up to five times within minutes, and
 * `api.notification.drop` gives it up. A handler that throws has failed, and the message is not tried again.
 *
 * @trigger auth0/custom-phone-provider
 * @title Custom Phone Provider
 * @mode async
 * @binding list max 1
 * @retries 5 after 10s 30s 60s 120s 300s on notification.retry
 */

import type {
  Client,
  Connection,
  CustomDomain,
  MessageTenant,
  MessageUser,
  NotificationAPI,
  Organization,
  Request,
  TracedTransaction,
} from "./shared.d.ts";
import type { CacheAPI, Configuration, Secrets } from "../shared.d.ts";

/**
 * Called for every message, and again for each retry.
 *
 * @example
 * ```js
 * exports.onExecuteCustomPhoneProvider = async (event, api) => {
 *   const { recipient, as_text } = event.notification;
 *   const response = await fetch("https://sms.example/v1/messages", {
 *     method: "POST",
 *     headers: { authorization: `Bearer ${event.secrets.SMS_KEY}`, "content-type": "application/json" },
 *     body: JSON.stringify({ to: recipient, text: as_text }),
 *   });
 *   if (response.status >= 500) api.notification.retry(`the provider answered ${response.status}`);
 *   else if (!response.ok) api.notification.drop(`the provider answered ${response.status}`);
 * };
 * ```
 * @handler onExecuteCustomPhoneProvider execute
 */
export type OnExecuteCustomPhoneProvider = (event: Event, api: CustomPhoneProviderAPI) => Promise<void>;

// ---------------------------------------------------------------------------------------------
// What the action sees
// ---------------------------------------------------------------------------------------------

/** The message, and who asked for it. Changes made to this object stay in the action. */
export interface Event {
  /** The application that the message is sent for. */
  client: Client;
  /**
   * Plain settings of an installed integration.
   * @provided
   */
  configuration: Configuration;
  /** The connection (the source of users) that was used. */
  connection?: Connection;
  /** The custom domain of the request, when one was used. */
  custom_domain?: CustomDomain;
  /** What is to be sent, to whom, and how. */
  notification: PhoneNotification;
  /** The organization that the user is logging in to. */
  organization?: Organization;
  /** The HTTP request that made the message necessary. */
  request: Request;
  /**
   * The secrets of the action.
   * @provided
   */
  secrets: Secrets;
  /** The tenant, as it presents itself to users. */
  tenant: MessageTenant;
  /** The protocol transaction. */
  transaction?: TracedTransaction;
  /** The user whom the message is for. */
  user: MessageUser;
}

export interface PhoneNotification {
  /**
   * The finished text for a text message.
   * @sensitive
   */
  as_text: string;
  /**
   * The finished text for a call: digits stand apart, and the code is said twice.
   * @sensitive
   */
  as_voice: string;
  /**
   * The one-time code, in messages that carry one. Make sure that it reaches the user.
   * @sensitive
   */
  code?: string;
  /** How: as a text message, or read out in a call. */
  delivery_method: "text" | "voice";
  /** The sender's phone number, with `+` and the country code. */
  from?: string;
  /** The language of the texts, such as `en-US`. */
  locale?: string;
  /** What the message is about. */
  message_type: "otp_verify" | "otp_enroll" | "blocked_account" | "change_password" | "password_breach";
  /** The recipient's phone number, with `+` and the country code. */
  recipient: string;
}

// ---------------------------------------------------------------------------------------------
// What the action may ask for
// ---------------------------------------------------------------------------------------------

/** What an action may ask for. The delivery itself is yours: use `fetch`. */
export interface CustomPhoneProviderAPI {
  /** Keep small values between executions, such as the access token of a provider. */
  cache: CacheAPI;
  /** Say that the message was not delivered, and what is to happen to it. */
  notification: NotificationAPI;
}
