/**
 * Runs when an application asks for an access token in its own name, with the client credentials grant:
 * there is no user, only a machine that wants to call an API.
 *
 * An action may refuse the token, add claims to it, and choose the scopes that it is going to have.
 *
 * @trigger auth0/credentials-exchange
 * @title Credentials Exchange
 * @mode sync
 * @binding list
 */

import type {
  Agent,
  ClaimName,
  Client,
  CustomDomain,
  Organization,
  Request,
  ResourceServer,
  Scope,
  TargetScopesAPI,
  Tenant,
} from "./shared.d.ts";
import type { CacheAPI, Configuration, Secrets } from "../shared.d.ts";

/**
 * Called once for every token that a machine asks for.
 *
 * @example
 * ```js
 * exports.onExecuteCredentialsExchange = async (event, api) => {
 *   if (event.client.metadata.suspended === "true") {
 *     return api.access.deny("invalid_request", "This integration is suspended.");
 *   }
 *   api.accessToken.setCustomClaim("https://acme.example/partner", event.client.metadata.partner);
 * };
 * ```
 * @handler onExecuteCredentialsExchange execute
 */
export type OnExecuteCredentialsExchange = (event: Event, api: CredentialsExchangeAPI) => Promise<void>;

// ---------------------------------------------------------------------------------------------
// What the action sees
// ---------------------------------------------------------------------------------------------

/** Which application asks for a token, and for which API. Changes made to this object stay in the action. */
export interface Event {
  /** The access token as it would be issued if no action changed it. */
  accessToken: AccessToken;
  /** The software agent that the application acts for, when there is one. */
  agent?: Agent;
  /** The application that asks for the token. */
  client: Client;
  /**
   * Plain settings of an installed integration.
   * @provided
   */
  configuration: Configuration;
  /** The custom domain of the request, when one was used. */
  custom_domain?: CustomDomain;
  /** The organization that the token is asked for, when the request names one. */
  organization?: Organization;
  /** The request to the token endpoint. Further parameters of the application arrive in its body. */
  request: Request;
  /** The API (audience) that the token is for. */
  resource_server: ResourceServer;
  /**
   * The secrets of the action.
   * @provided
   */
  secrets: Secrets;
  /** The tenant. */
  tenant: Tenant;
  /** What was asked for. `api.transaction` changes its target scopes at once. */
  transaction: Transaction;
}

export interface AccessToken {
  /** The scopes that the application is granted for the API. */
  scope: string[];
  /** The claims that are going to be added. */
  customClaims: Record<string, unknown>;
}

export interface Transaction {
  /** An identifier of the application's own that joins log entries of one transaction. */
  correlation_id?: string;
  /** The scopes that the application asked for. Empty when it named none. */
  requested_scopes: string[];
  /** The scopes that the access token is going to have, when the host supports changing them. */
  target_scopes?: string[];
}

// ---------------------------------------------------------------------------------------------
// What the action may ask for
// ---------------------------------------------------------------------------------------------

/** What an action may ask for. Methods that return this object can be chained. */
export interface CredentialsExchangeAPI {
  /** Refuse the token. */
  access: AccessAPI;
  /** Change the access token. */
  accessToken: AccessTokenAPI;
  /** Keep small values between executions. */
  cache: CacheAPI;
  /** Choose the scopes to issue. */
  transaction: TransactionAPI;
}

/** The error that the token endpoint answers with. */
export type DenyCode = "invalid_scope" | "invalid_request" | "server_error";

export interface AccessAPI {
  /**
   * Refuses the token. The handler still runs to its end; later actions do not run.
   *
   * @param code - The error that the token endpoint answers with.
   * @param reason - Why; the application receives this text as the description of the error.
   * @stops
   * @merge last
   */
  deny(code: DenyCode, reason?: string): CredentialsExchangeAPI;
}

export interface AccessTokenAPI {
  /**
   * Sets a claim of the access token. The last value wins; `undefined` withdraws a value set before.
   *
   * @param name - The claim.
   * @param value - Any value that JSON can carry.
   * @merge last by name
   * @limitBytes 102400 per flow - The custom claims of the access token may take at most 102400 bytes.
   */
  setCustomClaim(name: ClaimName, value: unknown): CredentialsExchangeAPI;
}

/**
 * Each call changes `event.transaction.target_scopes` at once, for this action and for later ones. When
 * all actions have run, the host leaves out every scope that the application is not granted for the API:
 * an action can take scopes away, and give back what the grant allows, but never more.
 */
export interface TransactionAPI extends TargetScopesAPI {
  /**
   * Adds a scope to those that the access token is going to have.
   *
   * @param scope - The scope.
   * @updates event.transaction.target_scopes += scope
   * @effect transaction.targetScopes = "add"
   * @merge last by scope
   * @limit 1000 per execution - An action may add at most 1000 scopes.
   */
  addTargetScope(scope: Scope): void;
}
