/**
 * Runs when a user who has forgotten the password has passed the first challenge (the link or code of a
 * message), before a new password may be chosen.
 *
 * An action may refuse the reset, ask for a further factor, send the user to another site or show a form
 * first, and choose the page on which the reset ends. It runs for database users who reset their password
 * on the hosted pages.
 *
 * @trigger auth0/password-reset-post-challenge
 * @title Password Reset / Post Challenge
 * @mode sync
 * @binding list max 4
 * @subject event.user.user_id
 */

import type {
  AuthenticationMethod,
  Authorization,
  ChallengeFactor,
  Client,
  Connection,
  CustomDomain,
  Organization,
  PromptAPI,
  PromptResult,
  RedirectTokensAPI,
  Request,
  Stats,
  SupplementalRisk,
  Tenant,
  User,
} from "./shared.d.ts";
import type { CacheAPI, Configuration, Secrets } from "../shared.d.ts";

/**
 * Called once for every reset.
 *
 * @example
 * ```js
 * exports.onExecutePostChallenge = async (event, api) => {
 *   if (event.user.app_metadata.locked) return api.access.deny("Please contact our support.");
 *   const enrolled = event.user.enrolledFactors ?? [];
 *   if (enrolled.some((factor) => factor.type === "otp")) api.authentication.challengeWith({ type: "otp" });
 * };
 * ```
 * @handler onExecutePostChallenge execute
 */
export type OnExecutePostChallenge = (event: Event, api: PasswordResetPostChallengeAPI) => Promise<void>;

/**
 * Called when the user comes back from `api.redirect.sendUserTo` or from a form of `api.prompt.render`.
 * The actions before this one do not run again. After a challenge it is not called: the next action runs.
 *
 * @example
 * ```js
 * exports.onContinuePostChallenge = async (event, api) => {
 *   const { verified } = api.redirect.validateToken({ secret: event.secrets.ID_CHECK_SECRET });
 *   if (!verified) api.access.deny("We could not confirm who you are.");
 * };
 * ```
 * @handler onContinuePostChallenge continue
 */
export type OnContinuePostChallenge = (event: Event, api: PasswordResetPostChallengeAPI) => Promise<void>;

// ---------------------------------------------------------------------------------------------
// What the action sees
// ---------------------------------------------------------------------------------------------

/** Who resets the password, and how far they have got. Changes made to this object stay in the action. */
export interface Event {
  /** What the user has done so far to prove who they are. */
  authentication: Authentication;
  /** What the user is authorised for. */
  authorization: Authorization;
  /** The application that the user came from. */
  client: Client;
  /**
   * Plain settings of an installed integration.
   * @provided
   */
  configuration: Configuration;
  /** The connection (the source of users) that holds the password. */
  connection: Connection;
  /** The custom domain of the request, when one was used. */
  custom_domain?: CustomDomain;
  /** The organization that the user is logging in to. */
  organization?: Organization;
  /** The answers of a form, in the handler that continues after `api.prompt.render`. */
  prompt?: PromptResult;
  /** The HTTP request that started or continued the reset: a new one after every suspension. */
  request: Request;
  /**
   * The secrets of the action.
   * @provided
   */
  secrets: Secrets;
  /** Counters of this user. */
  stats: Stats;
  /** The tenant. */
  tenant: Tenant;
  /** The reset as a transaction. */
  transaction: Transaction;
  /** The user whose password is to be reset. */
  user: User;
}

export interface Authentication {
  /** The challenges that the user has passed: `email`, `phone_number`, `mfa`, and so on. */
  methods: AuthenticationMethod[];
  /** What other vendors say about the risk of this reset. */
  riskAssessment?: SupplementalRisk;
}

export interface Transaction {
  id?: string;
  correlation_id?: string;
  /** The language chosen for the pages of the reset. */
  locale: string;
  login_hint?: string;
  state?: string;
  ui_locales: string[];
  /** Further fields of the login that the reset began in. */
  [field: string]: unknown;
}

// ---------------------------------------------------------------------------------------------
// What the action may ask for
// ---------------------------------------------------------------------------------------------

/** What an action may ask for. */
export interface PasswordResetPostChallengeAPI {
  /** Refuse the reset. */
  access: AccessAPI;
  /** Ask for a further factor. */
  authentication: AuthenticationAPI;
  /** Keep small values between executions. */
  cache: CacheAPI;
  /** Show a form. */
  prompt: PromptAPI;
  /** Send the user to another site and back. */
  redirect: RedirectAPI;
  /** Choose where the reset ends. */
  transaction: TransactionAPI;
}

export interface AccessAPI {
  /**
   * Refuses the reset: the password stays as it is. The handler still runs to its end; later actions do
   * not run.
   *
   * @param reason - Why; the user may be shown this text.
   * @stops
   * @merge last
   */
  deny(reason: string): void;
}

export interface AuthenticationAPI {
  /**
   * Asks for a factor when this action has ended; when the user has passed the challenge, the next action
   * runs. A factor that the user has already used in this transaction, or has not enrolled, is left out.
   * If none is left, the reset fails.
   *
   * @param factor - The factor to begin with.
   * @param options - Factors that the user may choose instead.
   * @suspends next
   * @merge append
   */
  challengeWith(factor: ChallengeFactor, options?: { additionalFactors?: ChallengeFactor[] }): void;
  /**
   * Asks for one of several factors, of the user's choice, when this action has ended. When only one is
   * left that the user can use, there is no choice to make.
   *
   * @param factors - The factors to choose from.
   * @suspends next
   * @merge append
   */
  challengeWithAny(factors: ChallengeFactor[]): void;
}

export interface RedirectAPI extends RedirectTokensAPI {
  /**
   * Sends the user to another site when this action has ended. The site gets a `state` parameter and
   * sends the user back with it; then `onContinuePostChallenge` is called.
   *
   * @param url - Where to.
   * @param options - Query parameters to set in the URL.
   * @suspends
   * @merge last
   * @abortsAfter prompt.render - An action may either redirect or render a form, not both.
   */
  sendUserTo(
    /** @format uri */
    url: string,
    options?: { query?: Record<string, string | number | boolean> },
  ): void;
}

export interface TransactionAPI {
  /**
   * Chooses the page that the user is sent to after the reset.
   *
   * @param url - The page.
   * @param options - Query parameters to set in the URL.
   * @merge last
   */
  setResultUrl(
    /** @format uri */
    url: string,
    options?: { query?: Record<string, string | number | boolean> },
  ): void;
}
