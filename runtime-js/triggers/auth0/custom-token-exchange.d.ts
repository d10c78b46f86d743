/**
 * Runs when an application exchanges a token that somebody else issued (RFC 8693). The token may have any
 * form: only the action knows how to read it and whom it stands for.
 *
 * The one action of the token-exchange profile checks the subject token and then says who the user is, or
 * refuses. Nobody else checks the subject token, so an action that only decodes it lets everybody in.
 * When a user is set, the post-login actions run for that user next.
 *
 * A run ends in one of two ways. Either it refuses, with `api.access.deny` or
 * `api.access.rejectInvalidSubjectToken`, or it sets the user, with exactly one of
 * `api.authentication.setUserById` and `api.authentication.setUserByConnection`. A run that does neither
 * fails, because there is nobody to issue a token for; an action that sets the user in both ways is ended.
 *
 * @trigger auth0/custom-token-exchange
 * @title Custom Token Exchange
 * @mode sync
 * @binding entity token-exchange-profile
 * @needs authentication.setUserById | authentication.setUserByConnection - The action has neither set a user nor refused the exchange.
 */

import type {
  Client,
  CustomDomain,
  Organization,
  Request,
  ResourceServer,
  Tenant,
  TransactionKey,
  TransactionMetadata,
  TransactionValue,
  User,
} from "./shared.d.ts";
import type { CacheAPI, Configuration, Secrets } from "../shared.d.ts";

/**
 * Called once for every exchange of a token of the profile's type.
 *
 * @example
 * ```js
 * exports.onExecuteCustomTokenExchange = async (event, api) => {
 *   const answer = await fetch("https://sso.acme.example/introspect", {
 *     method: "POST",
 *     headers: { authorization: `Bearer ${event.secrets.SSO_KEY}` },
 *     body: new URLSearchParams({ token: event.transaction.subject_token }),
 *   });
 *   const token = await answer.json();
 *   if (!token.active) return api.access.rejectInvalidSubjectToken("The token is not active.");
 *   api.authentication.setUserById(token.sub);
 * };
 * ```
 * @handler onExecuteCustomTokenExchange execute
 */
export type OnExecuteCustomTokenExchange = (event: Event, api: CustomTokenExchangeAPI) => Promise<void>;

// ---------------------------------------------------------------------------------------------
// What the action sees
// ---------------------------------------------------------------------------------------------

/** Which token is to be exchanged, by whom, for what. Changes made to this object stay in the action. */
export interface Event {
  /** The application that asks for the exchange. */
  client: Client;
  /**
   * Plain settings of an installed integration.
   * @provided
   */
  configuration: Configuration;
  /** The custom domain of the request, when one was used. */
  custom_domain?: CustomDomain;
  /** The organization that the request names. */
  organization?: Organization;
  /** The request to the token endpoint. Further parameters of the application arrive in its body. */
  request: Request;
  /** The API (audience) that an access token is asked for. */
  resource_server: ResourceServer;
  /**
   * The secrets of the action.
   * @provided
   */
  secrets: Secrets;
  /** The tenant. */
  tenant: Tenant;
  /** The exchange. `api.transaction.setMetadata` changes its metadata at once. */
  transaction: Transaction;
}

export interface Transaction {
  /**
   * The token of the party that acts for the subject. Not checked by anybody yet.
   * @sensitive
   */
  actor_token?: string;
  /** The type of the actor token. */
  actor_token_type?: string;
  /**
   * The user that the actor token stands for. The host gives it only when the actor token is an ID token
   * that it has issued itself and has checked.
   */
  actor_token_user?: User;
  /** Data that lives as long as the transaction; the post-login actions see it too. */
  metadata?: TransactionMetadata;
  /** The scopes that the application asked for. */
  requested_scopes: string[];
  /** The type of token that the application asked for; `null` when it named none. */
  requested_token_type: string | null;
  /**
   * The token to be exchanged. Not checked by anybody yet. It is a credential: do not log it.
   * @sensitive
   */
  subject_token: string;
  /** The type of the subject token, by which the profile was found. */
  subject_token_type: string;
}

// ---------------------------------------------------------------------------------------------
// What the action may ask for
// ---------------------------------------------------------------------------------------------

/** What an action may ask for. */
export interface CustomTokenExchangeAPI {
  /** Refuse the exchange. */
  access: AccessAPI;
  /** Say who the user is, and who acts for the user. */
  authentication: AuthenticationAPI;
  /** Keep small values between executions, such as the keys of an issuer. */
  cache: CacheAPI;
  /** Keep data for the length of the transaction. */
  transaction: TransactionAPI;
  /** Change the user's metadata. */
  user: UserAPI;
}

/**
 * Why the exchange is refused.
 * @minLength 1
 * @maxLength 4096
 */
export type DenyReason = string;

export interface AccessAPI {
  /**
   * Refuses the exchange. For a subject token that is forged, expired or malformed, call
   * `rejectInvalidSubjectToken` instead: only then can the host slow down whoever is guessing tokens.
   *
   * @param code - The OAuth error: `invalid_request`, `server_error`, or a code of your own.
   * @param reason - Why; the application receives this text as the description of the error.
   * @stops
   * @merge last
   * @errorPrefix Invalid deny arguments:
   */
  deny(
    /**
     * @minLength 1
     * @maxLength 1024
     */
    code: string,
    reason: DenyReason,
  ): void;
  /**
   * Refuses the exchange with the OAuth error `invalid_request`, and counts it against the address that
   * the request came from. An address that sends many invalid tokens is made to wait.
   *
   * @param reason - Why; the application receives this text as the description of the error.
   * @stops
   * @merge last
   * @errorPrefix Invalid rejectInvalidSubjectToken arguments:
   */
  rejectInvalidSubjectToken(reason: DenyReason): void;
}

/** The parameters of these methods are called as Auth0 calls them. */
export interface AuthenticationAPI {
  /**
   * Sets the user: one that exists. If there is no such user, the exchange fails.
   *
   * @param user_id - The identifier of the user, such as `auth0|65f2b3a1c4d5e6f708192a3b`.
   * @merge last
   * @abortsAfter authentication.setUserByConnection - Exactly one of setUserById and setUserByConnection must be called.
   * @errorPrefix Invalid setUserById arguments:
   */
  setUserById(
    /**
     * @minLength 1
     * @maxLength 512
     */
    user_id: string,
  ): void;
  /**
   * Sets the user: one that exists in a connection, or a new one that is made from the attributes.
   *
   * The address, phone number, user name and the two `…_verified` attributes of an existing user cannot be
   * changed in this way: if they differ, the exchange fails. `user_id` may have 255 characters, `username`
   * 128, `given_name` and `family_name` 150, `name` and `nickname` 300.
   *
   * @param connection_name - The connection.
   * @param user_attributes - Who the user is; `user_id` decides whether the user exists.
   * @param options - What to do when there is no such user, and when there is one. Both must be given.
   * @merge last
   * @abortsAfter authentication.setUserById - Exactly one of setUserById and setUserByConnection must be called.
   * @errorPrefix Invalid setUserByConnection arguments:
   */
  setUserByConnection(
    /**
     * @minLength 1
     * @maxLength 512
     */
    connection_name: string,
    user_attributes: UserAttributes,
    options: SetUserOptions,
  ): void;
  /**
   * Sets the organization that the tokens are issued for.
   *
   * @param organization_id_or_name - Its identifier or its name.
   * @merge last
   * @errorPrefix Invalid setOrganization arguments:
   */
  setOrganization(
    /**
     * @minLength 1
     * @maxLength 50
     */
    organization_id_or_name: string,
  ): void;
  /**
   * Says who acts for the user: the `act` claim of the tokens. An actor token in the request does not do
   * that by itself. The user must be set too. No refresh token is issued to an actor.
   *
   * Each party has a `sub` of at most 512 characters and may have up to five properties of your own: texts
   * of at most 64 characters, numbers or booleans.
   *
   * @param actor - Who acts now; inside `act`, who acted before, up to five parties in all.
   * @merge last
   * @errorPrefix Invalid setActor arguments:
   */
  setActor(actor: ActingParty): void;
}

/**
 * What is known about the user. Attributes beyond those listed are kept if the host knows them.
 * @maxProperties 24
 */
export interface UserAttributes {
  email?: string;
  email_verified?: boolean;
  family_name?: PersonName;
  given_name?: PersonName;
  name?: DisplayName;
  nickname?: DisplayName;
  /** The phone number in the form E.164, such as `+4940123456`. */
  phone_number?: string;
  phone_verified?: boolean;
  /** The URL of a picture. */
  picture?: string;
  /**
   * The identifier of the user within the connection, without the connection's prefix.
   * @minLength 1
   * @maxLength 255
   */
  user_id: string;
  /**
   * @minLength 1
   * @maxLength 128
   */
  username?: string;
  /** Whether a new user is sent a message that asks to confirm the address. */
  verify_email?: boolean;
  [attribute: string]: unknown;
}

/**
 * @minLength 1
 * @maxLength 150
 */
export type PersonName = string;

/**
 * @minLength 1
 * @maxLength 300
 */
export type DisplayName = string;

export interface SetUserOptions {
  /** What happens when the connection has no such user: a new one is made, or the exchange fails. */
  creationBehavior: "create_if_not_exists" | "none";
  /** What happens when it has: the attributes replace what is stored, or nothing is changed. */
  updateBehavior: "replace" | "none";
}

/**
 * Identifies a party.
 * @minLength 1
 * @maxLength 512
 */
export type ActorSubject = string;

/**
 * A property of your own: a text, a number or a boolean.
 * @maxLength 64
 */
export type ActorProperty = string | number | boolean | MisplacedParty;

/**
 * To TypeScript `act` is one property among the others, so their type has to allow for a party. The runtime
 * knows them apart and refuses a party in any other place.
 * @propertyNames ^$ - must not be there: only "act" may hold a party, up to the fifth
 */
export interface MisplacedParty {
  sub: string;
  [property: string]: unknown;
}

/**
 * The party that acts for the user. Besides `sub` and `act` it may have up to five properties of your own.
 * @maxProperties 7
 * @propertyNames ^[\s\S]{1,64}$ - must be a name of 1 to 64 characters
 */
export interface ActingParty {
  sub: ActorSubject;
  /** The party that acted before this one. */
  // @ts-ignore - It may be missing, and TypeScript would want to hear that of every property.
  act?: ActingParty2;
  [property: string]: ActorProperty;
}

/**
 * The second party of a chain.
 * @maxProperties 7
 * @propertyNames ^[\s\S]{1,64}$ - must be a name of 1 to 64 characters
 */
export interface ActingParty2 {
  sub: ActorSubject;
  // @ts-ignore - As above.
  act?: ActingParty3;
  [property: string]: ActorProperty;
}

/**
 * The third party of a chain.
 * @maxProperties 7
 * @propertyNames ^[\s\S]{1,64}$ - must be a name of 1 to 64 characters
 */
export interface ActingParty3 {
  sub: ActorSubject;
  // @ts-ignore - As above.
  act?: ActingParty4;
  [property: string]: ActorProperty;
}

/**
 * The fourth party of a chain.
 * @maxProperties 7
 * @propertyNames ^[\s\S]{1,64}$ - must be a name of 1 to 64 characters
 */
export interface ActingParty4 {
  sub: ActorSubject;
  // @ts-ignore - As above.
  act?: ActingParty5;
  [property: string]: ActorProperty;
}

/**
 * The fifth party of a chain, and the last one.
 * @maxProperties 6
 * @propertyNames ^[\s\S]{1,64}$ - must be a name of 1 to 64 characters
 */
export interface ActingParty5 {
  sub: ActorSubject;
  [property: string]: ActorProperty;
}

export interface TransactionAPI {
  /**
   * Keeps a value for the rest of the transaction: the post-login actions see it in
   * `event.transaction.metadata`.
   *
   * @param key - The name.
   * @param value - The value; `null` deletes the entry.
   * @updates event.transaction.metadata[key] = value
   * @merge last by key
   */
  setMetadata(key: TransactionKey, value: TransactionValue): void;
}

export interface UserAPI {
  /**
   * Sets a value of the user's `app_metadata`.
   *
   * @param key - The name.
   * @param value - Any value that JSON can carry; `null` removes the entry.
   * @merge last by key
   * @limitBytes 32768 per flow - The changes of app_metadata may take at most 32768 bytes.
   * @errorPrefix Invalid setAppMetadata arguments:
   */
  setAppMetadata(key: string, value: unknown): void;
  /**
   * Sets a value of the user's `user_metadata`.
   *
   * @param key - The name.
   * @param value - Any value that JSON can carry; `null` removes the entry.
   * @merge last by key
   * @limitBytes 32768 per flow - The changes of user_metadata may take at most 32768 bytes.
   * @errorPrefix Invalid setUserMetadata arguments:
   */
  setUserMetadata(key: string, value: unknown): void;
}
