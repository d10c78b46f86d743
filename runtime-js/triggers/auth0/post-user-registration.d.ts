/**
 * Runs after a new user has been stored: by a sign-up with a database connection, or by the first login
 * with a one-time code.
 *
 * The sign-up does not wait for the actions and cannot be changed by them: this is the place to tell other
 * systems about the new user. What an action throws stands in its report and goes no further.
 *
 * @trigger auth0/post-user-registration
 * @title Post User Registration
 * @mode async
 * @binding list
 */

import type {
  Connection,
  CustomDomain,
  Experiment,
  Profile,
  Protocol,
  Request,
  SecurityContext,
  SupplementalRisk,
  Tenant,
} from "./shared.d.ts";
import type { CacheAPI, Configuration, Secrets, Timestamp } from "../shared.d.ts";

/**
 * Called once for every new user.
 *
 * @example
 * ```js
 * exports.onExecutePostUserRegistration = async (event, api) => {
 *   await fetch("https://crm.acme.example/contacts", {
 *     method: "POST",
 *     headers: { authorization: `Bearer ${event.secrets.CRM_TOKEN}`, "content-type": "application/json" },
 *     body: JSON.stringify({ id: event.user.user_id, email: event.user.email }),
 *   });
 * };
 * ```
 * @handler onExecutePostUserRegistration execute
 */
export type OnExecutePostUserRegistration = (event: Event, api: PostUserRegistrationAPI) => Promise<void>;

// ---------------------------------------------------------------------------------------------
// What the action sees
// ---------------------------------------------------------------------------------------------

/** Who has registered, and how. Changes made to this object stay in the action. */
export interface Event {
  /** What was noticed about the sign-up. */
  authentication?: Authentication;
  /**
   * Plain settings of an installed integration.
   * @provided
   */
  configuration: Configuration;
  /** The connection (the source of users) that the user belongs to. */
  connection: Connection;
  /** The custom domain of the request, when one was used. */
  custom_domain?: CustomDomain;
  /** The experiment that this registration takes part in; `null` when there is none. */
  experiment?: Experiment | null;
  /** The HTTP request of the sign-up; missing when the user was not made by one. */
  request?: Request;
  /**
   * The secrets of the action.
   * @provided
   */
  secrets: Secrets;
  /** Fingerprints of the TLS connection. */
  security_context?: SecurityContext;
  /** The tenant. */
  tenant: Tenant;
  /** The protocol transaction that the sign-up was part of. */
  transaction?: Transaction;
  /** The user who was stored. */
  user: User;
}

export interface Authentication {
  /** What other vendors say about the risk of this sign-up. */
  riskAssessment?: SupplementalRisk;
}

export interface Transaction {
  id?: string;
  protocol?: Protocol;
  /** The language chosen for the sign-up page. */
  locale: string;
  acr_values: string[];
  ui_locales: string[];
  requested_scopes: string[];
  prompt?: string[];
  login_hint?: string;
  redirect_uri?: string;
  response_mode?: string;
  response_type?: string[];
  state?: string;
  correlation_id?: string;
}

export interface User extends Profile {
  created_at: Timestamp;
  updated_at: Timestamp;
}

// ---------------------------------------------------------------------------------------------
// What the action may ask for
// ---------------------------------------------------------------------------------------------

/** What an action may ask for. The sign-up is over, so there is nothing left to change. */
export interface PostUserRegistrationAPI {
  /** Keep small values between executions. */
  cache: CacheAPI;
}
