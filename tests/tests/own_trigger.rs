//! A trigger of a host's own: one declaration, and no Rust that knows it.

use serde_json::Map;
use serde_json::Value;
use serde_json::json;
use vestibule::Action;
use vestibule::CallContext;
use vestibule::Decision;
use vestibule::HostAnswer;
use vestibule::HostError;
use vestibule::HostFunctions;
use vestibule::Trigger;
use vestibule::Vestibule;

const DECLARATION: &str = r#"
/**
 * Runs before an invoice is sent.
 * @trigger acme/invoice-due
 */

/** @handler onInvoiceDue */
export type OnInvoiceDue = (event: Event, api: InvoiceAPI) => Promise<void>;

export interface Event {
  customer: { id: string; vip?: boolean };
  lines: { text: string; cents: number }[];
}

export interface InvoiceAPI {
  /** @merge append */
  discount(
    /** @minimum 1
     *  @maximum 50 */
    percent: number,
    /** @maxLength 40 */
    reason: string,
  ): InvoiceAPI;
  /** @stops */
  hold(reason: string): void;
  rates: {
    /** @host rates.of */
    of(currency: string): Promise<number>;
  };
}
"#;

const ACTION: &str = r#"
import type { Event, InvoiceAPI } from "acme/invoice-due";

export const onInvoiceDue = async (event: Event, api: InvoiceAPI) => {
  const euros = event.lines.reduce((sum, line) => sum + line.cents, 0) / 100;
  const dollars = euros * await api.rates.of("USD");
  if (event.customer.vip) api.discount(10, "thank you").discount(5, "for staying");
  try {
    api.discount(90, "too good");
  } catch (error) {
    console.log((error as Error).message);
  }
  if (dollars > 1000) api.hold(`ask first: ${dollars} USD`);
};
"#;

struct Rates;

impl HostFunctions for Rates {
    fn call(&self, name: &str, args: &Map<String, Value>, context: &CallContext) -> HostAnswer {
        assert_eq!((name, context.trigger.as_str()), ("rates.of", "acme/invoice-due"));
        let rate = match args["currency"].as_str() {
            Some("USD") => Ok(Some(json!(2))),
            other => Err(HostError::new(format!("no rate of {other:?}"))),
        };
        HostAnswer::Later(Box::pin(async move { rate }))
    }
}

#[tokio::test]
async fn a_declaration_is_all_that_a_new_trigger_needs() {
    let trigger = Trigger::parse("invoice-due.d.ts", DECLARATION).unwrap();
    let vestibule = Vestibule::builder().trigger(trigger).host(Rates).build().unwrap();
    let action = Action::new("discounts", "discounts.ts", ACTION).unwrap();
    let flow = vestibule.flow("acme/invoice-due").unwrap().action(action);

    let event =
        json!({ "customer": { "id": "c1", "vip": true }, "lines": [{ "text": "x", "cents": 60_000 }] });
    let outcome = flow.run(event).await.unwrap();

    let Decision::Deny { command, reason, .. } = &outcome.decision else { panic!("{outcome:?}") };
    assert_eq!((command.as_str(), reason.as_deref()), ("hold", Some("ask first: 1200 USD")));
    assert_eq!(
        outcome.effects["discount"],
        json!([{ "percent": 10, "reason": "thank you" }, { "percent": 5, "reason": "for staying" }])
    );
    assert_eq!(outcome.actions[0].logs[0].message, "api.discount: \"percent\" must be at most 50, got 90");

    let wrong = flow.run(json!({ "customer": { "id": 7 }, "lines": [] })).await.unwrap_err();
    assert_eq!(
        wrong.to_string(),
        "the event does not match the trigger acme/invoice-due:\n  $.customer.id must be a string, got number"
    );
}
