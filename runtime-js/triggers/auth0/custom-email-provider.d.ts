/**
 * Sends every e-mail of the tenant: confirmations of addresses, one-time codes, password resets, welcomes,
 * warnings and invitations. Subject and bodies are rendered already.
 *
 * It runs in the background, so nobody waits for it. One action is bound at most: two would send everything
 * twice. A handler that returns has delivered the message. One that cannot says what is to happen:
 * `api.notification.retry` brings the message back, up to five times within minutes, and
 * `api.notification.drop` gives it up. A handler that throws has failed, and the message is not tried again.
 *
 * @trigger auth0/custom-email-provider
 * @title Custom Email Provider
 * @mode async
 * @binding list max 1
 * @retries 5 after 10s 30s 60s 120s 300s on notification.retry
 */

import type {
  Client,
  Connection,
  CustomDomain,
  GeoIP,
  MessageTenant,
  MessageUser,
  NotificationAPI,
  Organization,
  TracedTransaction,
} from "./shared.d.ts";
import type { CacheAPI, Configuration, Secrets } from "../shared.d.ts";

/**
 * Called for every message, and again for each retry.
 *
 * @example
 * ```js
 * exports.onExecuteCustomEmailProvider = async (event, api) => {
 *   const { from, to, subject, html, text } = event.notification;
 *   const response = await fetch("https://mail.example/v1/send", {
 *     method: "POST",
 *     headers: { authorization: `Bearer ${event.secrets.MAIL_KEY}`, "content-type": "application/json" },
 *     body: JSON.stringify({ from, to, subject, html, text }),
 *   });
 *   if (response.status >= 500) api.notification.retry(`the mail service answered ${response.status}`);
 *   else if (!response.ok) api.notification.drop(`the mail service answered ${response.status}`);
 * };
 * ```
 * @handler onExecuteCustomEmailProvider execute
 */
export type OnExecuteCustomEmailProvider = (event: Event, api: CustomEmailProviderAPI) => Promise<void>;

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
  /** What is to be sent, and to whom. */
  notification: EmailNotification;
  /** The organization that the user is logging in to, or is invited to. */
  organization?: Organization;
  /** The HTTP request that made the message necessary. */
  request: EmailRequest;
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

export interface EmailNotification {
  /** The sender's address. */
  from: string;
  /**
   * The finished message as HTML.
   * @sensitive
   */
  html: string;
  /** The language of the message, such as `en-US`. */
  locale: string;
  /** Which of the tenant's messages this is. */
  message_type: EmailMessageType;
  /** The subject line. */
  subject: string;
  /**
   * The finished message as plain text.
   * @sensitive
   */
  text: string;
  /** The recipient's address. */
  to: string;
}

export type EmailMessageType =
  | "verify_email"
  | "verify_email_by_code"
  | "reset_email"
  | "reset_email_by_code"
  | "welcome_email"
  | "verification_code"
  | "mfa_oob_code"
  | "enrollment_email"
  | "blocked_account"
  | "stolen_credentials"
  | "try_provider_configuration_email"
  | "organization_invitation";

/** What is known of the request; an e-mail that an administrator sent has less of it. */
export interface EmailRequest {
  geoip?: GeoIP;
  /** The host that was asked: the tenant's domain or a custom domain. */
  hostname?: string;
  /** The client's IP address. */
  ip?: string;
  /** The query parameters. */
  query?: Record<string, string>;
  /** The `User-Agent` header. */
  user_agent?: string;
}

// ---------------------------------------------------------------------------------------------
// What the action may ask for
// ---------------------------------------------------------------------------------------------

/** What an action may ask for. The delivery itself is yours: use `fetch`. */
export interface CustomEmailProviderAPI {
  /** Keep small values between executions, such as the access token of a provider. */
  cache: CacheAPI;
  /** Say that the message was not delivered, and what is to happen to it. */
  notification: NotificationAPI;
}
