/**
 * Runs after the password of a database user has been changed: by the user, by a reset, or by an
 * administrator.
 *
 * The change does not wait for the actions and cannot be changed by them: this is the place to end sessions
 * elsewhere, or to tell the user. What an action throws stands in its report and goes no further.
 *
 * @trigger auth0/post-change-password
 * @title Post Change Password
 * @mode async
 * @binding list
 */

import type { Connection, CustomDomain, Request, SupplementalRisk, Tenant, TracedTransaction } from "./shared.d.ts";
import type { CacheAPI, Configuration, Secrets, Timestamp } from "../shared.d.ts";

/**
 * Called once for every change of a password.
 *
 * @example
 * ```js
 * exports.onExecutePostChangePassword = async (event, api) => {
 *   await fetch(`https://shop.acme.example/sessions?user=${encodeURIComponent(event.user.user_id)}`, {
 *     method: "DELETE",
 *     headers: { authorization: `Bearer ${event.secrets.SHOP_TOKEN}` },
 *   });
 * };
 * ```
 * @handler onExecutePostChangePassword execute
 */
export type OnExecutePostChangePassword = (event: Event, api: PostChangePasswordAPI) => Promise<void>;

// ---------------------------------------------------------------------------------------------
// What the action sees
// ---------------------------------------------------------------------------------------------

/** Whose password was changed. Neither the old nor the new one is here. Changes made to this object stay in the action. */
export interface Event {
  /** What was noticed about the change. */
  authentication?: Authentication;
  /**
   * Plain settings of an installed integration.
   * @provided
   */
  configuration: Configuration;
  /** The connection (the source of users) that holds the password. */
  connection: Connection;
  /** The custom domain of the request, when one was used. */
  custom_domain?: CustomDomain;
  /** The HTTP request that changed the password. */
  request: Request;
  /**
   * The secrets of the action.
   * @provided
   */
  secrets: Secrets;
  /** The tenant. */
  tenant: Tenant;
  /** The transaction that the change was part of. */
  transaction?: TracedTransaction;
  /** The user. */
  user: User;
}

export interface Authentication {
  /** What other vendors say about the risk of this change. */
  riskAssessment?: SupplementalRisk;
}

/** Less than other triggers tell: no names and no metadata. */
export interface User {
  user_id?: string;
  email?: string;
  email_verified?: boolean;
  username?: string;
  phone_number?: string;
  phone_verified?: boolean;
  /** When the password was changed. */
  last_password_reset?: Timestamp;
}

// ---------------------------------------------------------------------------------------------
// What the action may ask for
// ---------------------------------------------------------------------------------------------

/** What an action may ask for. The password is changed, so there is nothing left to change. */
export interface PostChangePasswordAPI {
  /** Keep small values between executions. */
  cache: CacheAPI;
}
