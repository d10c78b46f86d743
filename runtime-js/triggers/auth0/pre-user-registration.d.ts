/**
 * Runs before a new user is stored: when somebody signs up with a database connection, or logs in for the
 * first time with a one-time code.
 *
 * An action may refuse the registration, answer it with a validation error, show a form first, and choose
 * the metadata that the user starts with.
 *
 * @trigger auth0/pre-user-registration
 * @title Pre User Registration
 * @mode sync
 * @subject event.connection.id event.user.email event.user.phone_number event.user.username
 */

import type {
  Client,
  Connection,
  CustomDomain,
  Experiment,
  PromptResult,
  Protocol,
  RenderOptions,
  Request,
  RiskAssessment,
  SecurityContext,
  Tenant,
} from "./shared.d.ts";
import type { CacheAPI, Configuration, Secrets } from "../shared.d.ts";

/**
 * Called once for every registration.
 *
 * @example
 * ```js
 * exports.onExecutePreUserRegistration = async (event, api) => {
 *   if (!event.user.email?.endsWith("@example.com")) {
 *     api.access.deny("foreign domain", "Please use your company address.");
 *   }
 * };
 * ```
 * @handler onExecutePreUserRegistration execute
 */
export type OnExecutePreUserRegistration = (event: Event, api: PreUserRegistrationAPI) => Promise<void>;

/**
 * Called when the user has answered a form of `api.prompt.render`. The actions before this one do not
 * run again.
 *
 * @handler onContinuePreUserRegistration continue
 */
export type OnContinuePreUserRegistration = (event: Event, api: PreUserRegistrationAPI) => Promise<void>;

// ---------------------------------------------------------------------------------------------
// What the action sees
// ---------------------------------------------------------------------------------------------

/** Who wants to register, with which application, and how. Changes made to this object stay in the action. */
export interface Event {
  /** The anonymous session that the visitor had before. */
  anonymous_session?: Record<string, unknown>;
  /** What risk assessment says about this registration. */
  authentication?: Authentication;
  /** The application that the user is registering with. */
  client?: Client;
  /**
   * Plain settings of an installed integration.
   * @provided
   */
  configuration: Configuration;
  /** The connection (the source of users) that the user will belong to. */
  connection: Connection;
  /** The custom domain of the request, when one was used. */
  custom_domain?: CustomDomain;
  /** The experiment that this registration takes part in; `null` when there is none. */
  experiment?: Experiment | null;
  /** The answers of a form, in the handler that continues after `api.prompt.render`. */
  prompt?: PromptResult;
  /** The HTTP request. Fields that were added to the sign-up form arrive in its body as `ulp-NAME`. */
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
  transaction?: Transaction;
  /** The user who is to be stored. There is no identifier yet. */
  user: User;
}

export interface Authentication {
  /** What risk assessment says about this registration. */
  riskAssessment?: RiskAssessment;
}

export interface Transaction {
  id?: string;
  protocol?: Protocol;
  /** The language chosen for the sign-up page. */
  locale?: string;
  acr_values?: string[];
  ui_locales?: string[];
  requested_scopes?: string[];
  /** Rich authorization requests (RFC 9396). */
  requested_authorization_details?: Record<string, unknown>[];
  prompt?: string[];
  login_hint?: string;
  redirect_uri?: string;
  response_mode?: string;
  response_type?: string[];
  state?: string;
  linking_id?: string;
  correlation_id?: string;
}

export interface User {
  email?: string;
  username?: string;
  name?: string;
  given_name?: string;
  family_name?: string;
  nickname?: string;
  picture?: string;
  phone_number?: string;
  /**
   * What the application knows about the user; the user cannot edit it.
   * @asType any
   */
  app_metadata?: Record<string, any>;
  /**
   * What the user may edit.
   * @asType any
   */
  user_metadata?: Record<string, any>;
}

// ---------------------------------------------------------------------------------------------
// What the action may ask for
// ---------------------------------------------------------------------------------------------

/** What an action may ask for. Methods that return this object can be chained. */
export interface PreUserRegistrationAPI {
  /** Refuse the registration. */
  access: AccessAPI;
  /** Keep small values between executions. */
  cache: CacheAPI;
  /** Show a form. */
  prompt: PromptAPI;
  /** Choose what the user starts with. */
  user: UserAPI;
  /** Answer with a validation error. */
  validation: ValidationAPI;
}

export interface AccessAPI {
  /**
   * Refuses the registration. The handler still runs to its end; later actions do not run.
   *
   * @param reason - Why; it appears in the log only.
   * @param userMessage - What the user is told.
   * @stops
   * @merge last
   */
  deny(reason: string, userMessage: string): PreUserRegistrationAPI;
}

export interface PromptAPI {
  /**
   * Shows a form when this action has ended, then calls `onContinuePreUserRegistration` with the answers in
   * `event.prompt`. One action can show one form.
   *
   * @param promptId - The form.
   * @param options - Values for its fields and variables.
   * @suspends
   * @merge last
   * @abortsAfter prompt.render - An action may render one form only.
   */
  render(
    /**
     * @minLength 1
     * @maxLength 48
     */
    promptId: string,
    options?: RenderOptions,
  ): void;
}

export interface UserAPI {
  /**
   * Sets a value of the `app_metadata` that the user starts with. Users of passwordless connections
   * have none.
   *
   * @param name - The name.
   * @param value - Any value that JSON can carry; `null` removes the entry.
   * @requires event.user.app_metadata is object or absent - The stored app_metadata of the user is not an object.
   * @merge last by name
   * @limitBytes 32768 per flow - The changes of app_metadata may take at most 32768 bytes.
   */
  setAppMetadata(name: string, value: unknown): PreUserRegistrationAPI;
  /**
   * Sets a value of the `user_metadata` that the user starts with. Users of passwordless connections
   * have none.
   *
   * @param name - The name.
   * @param value - Any value that JSON can carry; `null` removes the entry.
   * @requires event.user.user_metadata is object or absent - The stored user_metadata of the user is not an object.
   * @merge last by name
   * @limitBytes 32768 per flow - The changes of user_metadata may take at most 32768 bytes.
   */
  setUserMetadata(name: string, value: unknown): PreUserRegistrationAPI;
  /**
   * Chooses the identifier of the user.
   *
   * @param userId - The identifier.
   * @merge last
   */
  setUserId(
    /** @minLength 1 */
    userId: string,
  ): PreUserRegistrationAPI;
}

export interface ValidationAPI {
  /**
   * Refuses the registration with a validation error.
   *
   * @param errorCode - A code for the application.
   * @param errorMessage - A message for the user.
   * @stops
   * @merge last
   */
  error(
    /**
     * @minLength 1
     * @maxLength 100
     */
    errorCode: string,
    /** @maxLength 100 */
    errorMessage: string,
  ): PreUserRegistrationAPI;
}
