/**
 * Runs in an identifier-first sign-up, after the visitor has typed an e-mail address, a phone number or a
 * username, and before anything else is asked. The action may send the visitor to another connection or
 * organization than the one that was found.
 *
 * What of this trigger is public, and what is not: the event is, from a declaration that was published for a
 * short time; so are the names of `setConnectionByName` and `setOrganization`, which it mentions, while the
 * api itself was published empty. The handler has the name that the login's twin has. The arguments of the
 * two methods are those of the login's twin and of the other triggers; `event.transaction.identifier` comes
 * from that twin and may be absent; `api.cache` is here because every trigger with a published api has it.
 * The platform's limits, and what it does with a connection that is not there, are not public; a host that
 * meets such a name is to refuse the sign-up.
 *
 * @trigger auth0/signup-post-identifier
 * @title Signup Post Identifier
 * @mode sync
 */

import type {
  Client,
  Connection,
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
 * Called once the visitor has said under which identifier to sign up.
 *
 * @example
 * ```js
 * exports.onExecutePostIdentifier = async (event, api) => {
 *   if (event.transaction.identifier?.endsWith("@harbour.example")) {
 *     api.authentication.setConnectionByName("harbour-saml");
 *   }
 * };
 * ```
 * @handler onExecutePostIdentifier execute
 */
export type OnExecutePostIdentifier = (event: Event, api: SignupPostIdentifierAPI) => Promise<void>;

// ---------------------------------------------------------------------------------------------
// What the action sees
// ---------------------------------------------------------------------------------------------

/** Who wants to sign up, with which application, and how. Changes made to this object stay in the action. */
export interface Event {
  /** The application that the visitor is signing up with. */
  client: Client;
  /**
   * Plain settings of an installed integration.
   * @provided
   */
  configuration: Configuration;
  /**
   * The connection that was found, before any action ran: by home-realm discovery, by the identifier, or
   * because the application asked for it. It stays as it is when an action chooses another one.
   */
  initial_connection: Connection;
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
  transaction: SignupTransaction;
}

export interface SignupTransaction extends PostIdentifierTransaction {
  /** What the visitor typed: an e-mail address, a phone number or a username. */
  identifier?: string;
}

// ---------------------------------------------------------------------------------------------
// What the action may ask for
// ---------------------------------------------------------------------------------------------

/** What an action may ask for. */
export interface SignupPostIdentifierAPI {
  /** Choose where the account is made. */
  authentication: PostIdentifierAuthenticationAPI;
  /** Keep small values between executions. */
  cache: CacheAPI;
}
