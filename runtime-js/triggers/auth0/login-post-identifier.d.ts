/**
 * Runs in an identifier-first login, after the user has typed an e-mail address, a phone number or a
 * username, and before the user is asked to prove anything. The action may send the user to another
 * connection or organization than the one that was found for the identifier (home-realm discovery).
 *
 * What of this trigger is public, and what is not: its name, its handler, `event.transaction.identifier`,
 * `event.initial_connection` and `api.authentication.setConnectionByName` are. That the flow waits for the
 * actions, that they are an ordered list, the rest of the event, and `setOrganization` are taken from the
 * published declaration of its twin for sign-ups. `api.cache` is here because every trigger with a published
 * api has it. The platform's limits for names, and what it does with a connection that is not there, are not
 * public; a host that meets such a name is to refuse the login.
 *
 * @trigger auth0/login-post-identifier
 * @title Login Post Identifier
 * @mode sync
 */

import type {
  Client,
  Connection,
  ConnectionName,
  Organization,
  PostIdentifierAuthenticationAPI,
  PostIdentifierTransaction,
  Request,
  ResourceServer,
  SecurityContext,
  Tenant,
} from "./shared.d.ts";
import type { CacheAPI, Configuration, Secrets } from "../shared.d.ts";

/**
 * Called once the user has said who they are.
 *
 * @example
 * ```js
 * exports.onExecutePostIdentifier = async (event, api) => {
 *   if (event.transaction.identifier.endsWith("@harbour.example")) {
 *     api.authentication.setConnectionByName("harbour-saml");
 *   }
 * };
 * ```
 * @handler onExecutePostIdentifier execute
 */
export type OnExecutePostIdentifier = (event: Event, api: LoginPostIdentifierAPI) => Promise<void>;

// ---------------------------------------------------------------------------------------------
// What the action sees
// ---------------------------------------------------------------------------------------------

/** Who wants to log in, to which application, and how. Changes made to this object stay in the action. */
export interface Event {
  /** The application that asked for the login. */
  client: Client;
  /**
   * Plain settings of an installed integration.
   * @provided
   */
  configuration: Configuration;
  /**
   * The connection that was found for the identifier, before any action ran. It stays as it is when an
   * action chooses another one.
   */
  initial_connection?: Connection;
  /** The organization that was found, before any action ran. It stays as it is, too. */
  initial_organization?: Organization;
  /** The HTTP request. */
  request: Request;
  /** The API (audience) that an access token was asked for. */
  resource_server?: ResourceServer;
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
  transaction: LoginTransaction;
}

export interface LoginTransaction extends PostIdentifierTransaction {
  /** What the user typed: an e-mail address, a phone number or a username. */
  identifier: string;
}

// ---------------------------------------------------------------------------------------------
// What the action may ask for
// ---------------------------------------------------------------------------------------------

/** What an action may ask for. */
export interface LoginPostIdentifierAPI {
  /** Choose where the user proves who they are. */
  authentication: PostIdentifierAuthenticationAPI;
  /** Keep small values between executions. */
  cache: CacheAPI;
  /**
   * The name that `api.authentication.setConnectionByName` had before the trigger was published. It does
   * the same.
   *
   * @param name - The name of the connection.
   * @deprecated Use `api.authentication.setConnectionByName`.
   * @effect authentication.setConnectionByName
   * @merge last
   */
  setConnection(name: ConnectionName): void;
}
