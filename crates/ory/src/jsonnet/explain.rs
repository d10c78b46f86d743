//! What is wrong with a template, in one sentence with its line.

use rsjsonnet_lang::lexer::LexError;
use rsjsonnet_lang::parser::ParseError;
use rsjsonnet_lang::program::AnalyzeError;
use rsjsonnet_lang::program::EvalError;
use rsjsonnet_lang::program::EvalErrorKind;
use rsjsonnet_lang::program::EvalErrorValueType;
use rsjsonnet_lang::program::EvalStackTraceItem;
use rsjsonnet_lang::program::LoadError;
use rsjsonnet_lang::program::Program;
use rsjsonnet_lang::span::SpanContextId;
use rsjsonnet_lang::span::SpanId;

/// Knows the template that the errors are about.
pub(super) struct Explainer<'a> {
    pub(super) name: &'a str,
    pub(super) template: &'a str,
    pub(super) span_context: SpanContextId,
}

impl Explainer<'_> {
    pub(super) fn load_error(&self, program: &Program<'_>, error: &LoadError) -> String {
        match error {
            LoadError::Lex(error) => self.at(program, lex_span(error), "this is no Jsonnet"),
            LoadError::Parse(ParseError::Expected { span, .. }) => {
                self.at(program, Some(*span), "this is no Jsonnet: something else is expected here")
            }
            LoadError::Analyze(error) => {
                let (span, problem) = analysis(error);
                self.at(program, Some(span), &problem)
            }
        }
    }

    pub(super) fn eval_error(&self, program: &Program<'_>, error: &EvalError) -> String {
        let (span, problem) = evaluation(&error.kind);
        // Where the error itself has no place, the nearest expression of the template has one.
        let nearest = error.stack_trace.iter().rev().filter_map(item_span);
        let span = span.into_iter().chain(nearest).find(|span| self.line(program, *span).is_some());
        self.at(program, span, &problem)
    }

    fn at(&self, program: &Program<'_>, span: Option<SpanId>, problem: &str) -> String {
        match span.and_then(|span| self.line(program, span)) {
            Some(line) => format!("{}:{line}: {problem}", self.name),
            None => format!("{}: {problem}", self.name),
        }
    }

    /// The line of the template; `None` for places in the standard library.
    fn line(&self, program: &Program<'_>, span: SpanId) -> Option<usize> {
        let (context, start, _) = program.span_manager().get_span(span);
        let before = self.template.as_bytes().get(..start)?;
        (context == self.span_context).then(|| before.iter().filter(|byte| **byte == b'\n').count() + 1)
    }
}

fn item_span(item: &EvalStackTraceItem) -> Option<SpanId> {
    match item {
        EvalStackTraceItem::Expr { span }
        | EvalStackTraceItem::Variable { span, .. }
        | EvalStackTraceItem::Import { span } => Some(*span),
        EvalStackTraceItem::Call { span, .. }
        | EvalStackTraceItem::ArrayItem { span, .. }
        | EvalStackTraceItem::ObjectField { span, .. } => *span,
        EvalStackTraceItem::CompareArrayItem { .. }
        | EvalStackTraceItem::CompareObjectField { .. }
        | EvalStackTraceItem::ManifestArrayItem { .. }
        | EvalStackTraceItem::ManifestObjectField { .. } => None,
    }
}

fn lex_span(error: &LexError) -> Option<SpanId> {
    match error {
        LexError::InvalidChar { span, .. }
        | LexError::InvalidUtf8 { span, .. }
        | LexError::UnfinishedMultilineComment { span }
        | LexError::LeadingZeroInNumber { span }
        | LexError::MissingFracDigits { span }
        | LexError::MissingExpDigits { span }
        | LexError::MissingDigitAfterUnderscore { span }
        | LexError::ExpOverflow { span }
        | LexError::InvalidEscapeInString { span, .. }
        | LexError::IncompleteUnicodeEscape { span }
        | LexError::InvalidUtf16EscapeSequence { span, .. }
        | LexError::UnfinishedString { span }
        | LexError::MissingLineBreakAfterTextBlockStart { span }
        | LexError::MissingWhitespaceTextBlockStart { span }
        | LexError::InvalidTextBlockTermination { span } => Some(*span),
    }
}

fn analysis(error: &AnalyzeError) -> (SpanId, String) {
    match error {
        AnalyzeError::UnknownVariable { span, name } => (*span, format!("there is no variable `{name}`")),
        AnalyzeError::SelfOutsideObject { self_span: span } => {
            (*span, "`self` stands outside of an object".to_owned())
        }
        AnalyzeError::SuperOutsideObject { super_span: span } => {
            (*span, "`super` stands outside of an object".to_owned())
        }
        AnalyzeError::DollarOutsideObject { dollar_span: span } => {
            (*span, "`$` stands outside of an object".to_owned())
        }
        AnalyzeError::RepeatedLocalName { repeated_span: span, name, .. }
        | AnalyzeError::RepeatedFieldName { repeated_span: span, name, .. }
        | AnalyzeError::RepeatedParamName { repeated_span: span, name, .. } => {
            (*span, format!("the name `{name}` is there twice"))
        }
        AnalyzeError::PositionalArgAfterNamed { arg_span: span } => {
            (*span, "an argument without a name stands after one with a name".to_owned())
        }
        AnalyzeError::TextBlockAsImportPath { span } | AnalyzeError::ComputedImportPath { span } => {
            (*span, "imports are not allowed here".to_owned())
        }
    }
}

/// The kinds that authors of templates meet have words of their own.
fn evaluation(kind: &EvalErrorKind) -> (Option<SpanId>, String) {
    match kind {
        EvalErrorKind::StackOverflow => (None, "calls nest too deeply".to_owned()),
        EvalErrorKind::InfiniteRecursion => (None, "a value depends on itself".to_owned()),
        EvalErrorKind::UnknownObjectField { span, field_name } => {
            (Some(*span), format!("there is no field `{field_name}`"))
        }
        EvalErrorKind::FieldOfNonObject { span } => {
            (Some(*span), "a field is taken of something that is no object".to_owned())
        }
        EvalErrorKind::CallParamNotBound { span, param_name } => {
            (*span, format!("the parameter `{param_name}` gets no value; the template is called with `ctx`"))
        }
        EvalErrorKind::UnknownCallParam { span, param_name } => (
            *span,
            format!("the function has no parameter `{param_name}`; a template begins with `function(ctx)`"),
        ),
        EvalErrorKind::TooManyCallArgs { span, .. } => {
            (*span, "the function is called with too many arguments".to_owned())
        }
        EvalErrorKind::ExplicitError { span, message } => (Some(*span), format!("error: {message}")),
        EvalErrorKind::AssertFailed { span, message } => {
            let message = message.as_deref().map(|message| format!(": {message}"));
            (Some(*span), format!("an assertion failed{}", message.unwrap_or_default()))
        }
        EvalErrorKind::ImportFailed { span, .. } => (Some(*span), "imports are not allowed here".to_owned()),
        EvalErrorKind::UnknownExtVar { name } => {
            (None, format!("there is no external variable `{name}`; everything is in `ctx`"))
        }
        EvalErrorKind::ManifestFunction => (None, "the result holds a function".to_owned()),
        EvalErrorKind::CondIsNotBool { span, .. } => {
            (Some(*span), "a condition is neither true nor false".to_owned())
        }
        EvalErrorKind::NumericIndexOutOfRange { span, index, length } => {
            (Some(*span), format!("there is no item {index} in a list of {length}"))
        }
        EvalErrorKind::CalleeIsNotFunction { span, got_type } => {
            (*span, format!("{} is called as a function", of_type(*got_type)))
        }
        EvalErrorKind::InvalidBinaryOpTypes { span, op, lhs_type, rhs_type } => {
            let (left, right) = (of_type(*lhs_type), of_type(*rhs_type));
            (*span, format!("the operator {op:?} does not take {left} and {right}"))
        }
        EvalErrorKind::InvalidStdFuncArgType { func_name, arg_index, got_type, .. } => {
            let number = arg_index + 1;
            (None, format!("std.{func_name} does not take {} as argument {number}", of_type(*got_type)))
        }
        EvalErrorKind::Other { span, message } => (*span, message.clone()),
        // What is left are mistakes of types; the library's own words carry the types.
        other => (None, format!("the template cannot be evaluated: {other:?}")),
    }
}

fn of_type(kind: EvalErrorValueType) -> &'static str {
    match kind {
        EvalErrorValueType::Null => "null",
        EvalErrorValueType::Bool => "a boolean",
        EvalErrorValueType::Number => "a number",
        EvalErrorValueType::String => "a string",
        EvalErrorValueType::Array => "a list",
        EvalErrorValueType::Object => "an object",
        EvalErrorValueType::Function => "a function",
    }
}
