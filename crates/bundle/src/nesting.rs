//! How deep a text can make the compiler recurse, found without recursion and before it is parsed.
//!
//! The parser, and everything that walks its tree, recurses once or a few times for every token that
//! is still open where it stands: `((((`, `!!!!`, `a=>b=>`, `if (a) if (b)`. A native stack that
//! overflows ends the process, and nothing can catch it. So this scan reads the tokens first and
//! bounds how many can be open at once:
//!
//! - Every bracket opens a [`Frame`]. A frame counts the tokens of the part that it is in. The depth
//!   at a place is the sum over the open frames.
//! - A frame forgets its tokens only where no grammar rule can span the place: after a comma (but a
//!   statement's head stays, `if (a) x, y`), after a `;` and between two operands with a line break
//!   between them, unless a word follows that carries on what came before (`else`, `while`, `extends`).
//! - In TypeScript `<` opens a frame too, and whatever closes or ends the part around it ends it.
//!
//! Whether `/` divides or begins a regular expression can be undecidable without a parser (`} /"/`).
//! Then the scan follows both readings side by side and joins them when they agree again. The deepest
//! reading counts, so no reading hides nesting.
//!
//! The parser also tries: whether `(` begins an arrow function and `<` type arguments shows only
//! behind them, and after a wrong guess it reads the same tokens again. Tries that nest cost time in
//! the square of their depth, or double with each level (`f<{[f<{[…]:T}>1]:T}>1`). So every token is
//! charged with the tries around it, and a text has a budget.
//!
//! Counting too many tokens only refuses absurd
//! texts early; counting too few would cost the process.

/// The most tokens that may be open at once, over all enclosing brackets.
///
/// The deepest of 750 published files, minified bundles among them, has 352. An `else if` ladder may
/// have 800 arms, a sum 2,000 terms. At the limit the compiler needs the stack that
/// `compile::STACK_BYTES` gives with its reasons.
pub(crate) const DEPTH_MAX: u32 = 4_000;

/// Readings that are followed side by side. Real code needs two.
const READINGS_MAX: usize = 8;

/// Steps of all readings together, per byte of text. Bounds the time on hostile texts.
const STEPS_PER_BYTE_MAX: usize = 16;

/// Readings of tokens that the parser's tries may cost, in all.
///
/// Each costs one to two microseconds in a build without optimisation and a tenth of it with. The
/// most that one of 750 published files needs is 252,000, at 1.9 MB.
const EFFORT_MAX: u64 = 2_000_000;

/// Looking up a name costs this much less, per open block, than reading a token again.
const BLOCKS_PER_EFFORT: u64 = 16;

/// What decides how some tokens read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    JavaScript,
    TypeScript,
}

/// What the scan learned of a text that may be parsed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Nesting {
    /// The most tokens open at once.
    pub(crate) depth: u32,
    /// Readings of tokens that the parser may need.
    pub(crate) effort: u64,
    /// `import`, `export` or `await` stands somewhere in the code, so it may be an ES module.
    pub(crate) has_module_words: bool,
    /// A statement outside all brackets begins with `import` or `export`.
    pub(crate) has_module_statement: bool,
}

/// Why a text is not handed to the parser. `offset` is in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    TooDeep { offset: usize },
    TooTangled { offset: usize },
    HtmlComment { offset: usize },
    AmbiguousSlash { offset: usize },
}

/// Bounds the nesting of a text.
pub(crate) fn measure(text: &str, dialect: Dialect) -> Result<Nesting, Refusal> {
    let mut readings = vec![Reading::new(text, dialect)];
    let mut nesting = Nesting::default();
    let mut steps = 0_usize;
    let steps_max = text.len().saturating_mul(STEPS_PER_BYTE_MAX) + 1_000;
    // The reading that is furthest behind goes first, so equal readings meet at the same place.
    while let Some(behind) = (0..readings.len()).min_by_key(|index| readings[*index].at) {
        let reading = &mut readings[behind];
        let step = reading.step()?;
        steps += 1 + std::mem::take(&mut reading.work);
        match step {
            Step::Read => {}
            Step::Forked(other) => {
                steps += other.frames.len();
                readings.push(*other);
            }
            Step::Ended => {
                let ended = readings.swap_remove(behind);
                nesting = nesting.join(ended.found);
                continue;
            }
        }
        if readings.len() > 1 {
            steps += join_readings(&mut readings, behind);
        }
        if readings.len() > READINGS_MAX || steps > steps_max {
            return Err(Refusal::AmbiguousSlash { offset: readings[0].at });
        }
    }
    Ok(nesting)
}

/// Joins a reading with another that has come to the same state, and says how many steps it cost.
fn join_readings(readings: &mut Vec<Reading<'_>>, moved: usize) -> usize {
    let mut steps = 0;
    for other in 0..readings.len() {
        if other == moved || !readings[moved].meets(&readings[other]) {
            continue;
        }
        steps += readings[moved].frames.len();
        if readings[moved].frames.iter().map(|f| f.kind).eq(readings[other].frames.iter().map(|f| f.kind)) {
            let gone = readings.swap_remove(moved);
            let stays = if other == readings.len() { moved } else { other };
            readings[stays].absorb(&gone);
            return steps;
        }
    }
    steps
}

impl Nesting {
    fn join(self, other: Self) -> Self {
        Self {
            depth: self.depth.max(other.depth),
            effort: self.effort.max(other.effort),
            has_module_words: self.has_module_words || other.has_module_words,
            has_module_statement: self.has_module_statement || other.has_module_statement,
        }
    }
}

/// One way to read the text, as far as it has come.
#[derive(Clone)]
struct Reading<'a> {
    text: &'a str,
    dialect: Dialect,
    at: usize,
    frames: Vec<Frame>,
    last: Last,
    /// The last token was a word.
    after_word: bool,
    /// A line break stands between the last token and the next.
    on_new_line: bool,
    /// A `;` was read; the next token decides whether its statement has ended.
    semicolon: bool,
    /// Bytes looked at beyond the token that was read, since the last step.
    work: usize,
    effort: u64,
    found: Nesting,
}

/// An open bracket, and the tokens of the part inside it that is being read.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Frame {
    kind: FrameKind,
    /// Tokens open outside.
    outer: u32,
    /// The longest part before a comma: a statement's head may be there.
    head: u32,
    /// Tokens of this part.
    part: u32,
    /// The parser tries to read this part in a way that it may have to give up.
    is_tried: bool,
    /// Open brackets, this one among them, that the parser may read twice, by what they cost.
    tries: Tries,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Tries {
    /// Those that are remembered after a failure: each costs one more reading.
    single: u32,
    /// Those that are not: each doubles the readings.
    doubling: u32,
    /// Blocks, through which the names inside are looked up.
    blocks: u32,
}

impl Tries {
    /// What reading one token inside may cost.
    fn effort(self) -> u64 {
        let once = 1 + u64::from(self.single) + u64::from(self.blocks) / BLOCKS_PER_EFFORT;
        once.saturating_mul(1 << self.doubling.min(32))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FrameKind {
    File,
    Paren {
        /// Of `if (…)`.
        is_head: bool,
        /// Not of a call: `= (…)`.
        begins_operand: bool,
    },
    Bracket,
    Brace,
    /// `${` in a template literal.
    Template,
    /// `<` in TypeScript.
    Angle,
}

/// What the last token says about the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Last {
    /// A value or a name has ended: `/` divides, and a word on a new line begins a statement.
    Operand,
    /// A member's name comes: `a.if` is a name.
    Dot,
    /// An operator, or a reserved word that wants an operand: `/` begins a regular expression.
    Operator,
    /// A reserved word whose `(…)` is the head of a statement.
    HeadWord,
    /// `}`: a block or a value has ended.
    BraceClose,
    /// A name that may also be a word of the grammar: `await`, `of`, `keyof`.
    Contextual,
    /// Either of the two: `++`, `>`, the `!` after a value, the `)` of a head.
    Unclear,
}

enum Step<'a> {
    Read,
    Forked(Box<Reading<'a>>),
    Ended,
}

impl<'a> Reading<'a> {
    fn new(text: &'a str, dialect: Dialect) -> Self {
        let at = if text.starts_with("#!") { line_end(text, 0) } else { 0 };
        let tries = Tries { single: 0, doubling: 0, blocks: 0 };
        let file = Frame { kind: FrameKind::File, outer: 0, head: 0, part: 0, is_tried: false, tries };
        Self {
            text,
            dialect,
            at,
            frames: vec![file],
            last: Last::Operator,
            after_word: false,
            on_new_line: true,
            semicolon: false,
            work: 0,
            effort: 0,
            found: Nesting::default(),
        }
    }

    fn meets(&self, other: &Self) -> bool {
        self.at == other.at
            && self.last == other.last
            && self.after_word == other.after_word
            && self.on_new_line == other.on_new_line
            && self.semicolon == other.semicolon
            && self.frames.len() == other.frames.len()
    }

    /// Takes the larger count of every frame; both have the same frames.
    fn absorb(&mut self, other: &Self) {
        self.found = self.found.join(other.found);
        self.effort = self.effort.max(other.effort);
        for (mine, theirs) in self.frames.iter_mut().zip(&other.frames) {
            mine.outer = mine.outer.max(theirs.outer);
            mine.head = mine.head.max(theirs.head);
            mine.part = mine.part.max(theirs.part);
            mine.is_tried |= theirs.is_tried;
            mine.tries.single = mine.tries.single.max(theirs.tries.single);
            mine.tries.doubling = mine.tries.doubling.max(theirs.tries.doubling);
            mine.tries.blocks = mine.tries.blocks.max(theirs.tries.blocks);
        }
    }

    /// Reads one token or one piece of white space.
    fn step(&mut self) -> Result<Step<'a>, Refusal> {
        let rest = &self.text[self.at..];
        let Some(char) = rest.chars().next() else { return Ok(Step::Ended) };
        match char {
            '\n' | '\r' | '\u{2028}' | '\u{2029}' => {
                self.on_new_line = true;
                self.at += char.len_utf8();
            }
            _ if char.is_whitespace() || char == '\u{feff}' => self.at += char.len_utf8(),
            '/' if rest.starts_with("//") => self.at = line_end(self.text, self.at),
            '/' if rest.starts_with("/*") => self.block_comment(),
            '/' => return self.slash(),
            '"' | '\'' => self.string(char)?,
            '`' => {
                self.settle_operator();
                self.count()?;
                self.template(self.at + 1)?;
            }
            '0'..='9' => self.number()?,
            '.' if rest[1..].starts_with(|next: char| next.is_ascii_digit()) => self.number()?,
            _ if is_word_char(char) || char == '\\' => self.word()?,
            _ => self.punctuation(rest, char)?,
        }
        Ok(Step::Read)
    }

    fn block_comment(&mut self) {
        let body = &self.text[self.at + 2..];
        let length = body.find("*/").map_or(body.len(), |end| end + 2);
        self.on_new_line |= body[..length].contains(['\n', '\r', '\u{2028}', '\u{2029}']);
        self.at += 2 + length;
    }

    fn string(&mut self, quote: char) -> Result<(), Refusal> {
        self.settle_operator();
        self.count()?;
        let mut chars = self.text[self.at + 1..].char_indices();
        // A string without an end ends with its line, as it does for the parser.
        let mut end = self.text.len();
        while let Some((index, char)) = chars.next() {
            match char {
                '\\' => {
                    // `\` and CR LF is one line continuation.
                    if let Some((_, '\r')) = chars.next()
                        && chars.as_str().starts_with('\n')
                    {
                        chars.next();
                    }
                }
                '\n' | '\r' => {
                    end = self.at + 1 + index;
                    break;
                }
                _ if char == quote => {
                    end = self.at + 2 + index;
                    break;
                }
                _ => {}
            }
        }
        self.finish(end, Last::Operand);
        Ok(())
    }

    /// Reads the characters of a template literal from `from`, up to its end or its next `${`.
    fn template(&mut self, from: usize) -> Result<(), Refusal> {
        let bytes = self.text.as_bytes();
        let mut at = from;
        while let Some(byte) = bytes.get(at) {
            match byte {
                // Stays on a character's border: only ASCII bytes are compared.
                b'\\' => at += 2,
                b'`' => {
                    self.finish(at + 1, Last::Operand);
                    return Ok(());
                }
                b'$' if bytes.get(at + 1) == Some(&b'{') => {
                    self.open(FrameKind::Template)?;
                    self.finish(at + 2, Last::Operator);
                    return Ok(());
                }
                _ => at += 1,
            }
        }
        self.finish(self.text.len(), Last::Operand);
        Ok(())
    }

    fn number(&mut self) -> Result<(), Refusal> {
        self.settle_operator();
        self.count()?;
        let rest = &self.text[self.at..];
        let length = if rest.starts_with('0') && rest[1..].starts_with(|c: char| c.is_ascii_alphabetic()) {
            // `0x1F`, and `0n` or `0e1`, which have no point.
            run_length(rest, 0)
        } else {
            decimal_length(rest)
        };
        self.finish(self.at + length, Last::Operand);
        Ok(())
    }

    fn word(&mut self) -> Result<(), Refusal> {
        let rest = &self.text[self.at..];
        let length = word_length(rest);
        let word = &rest[..length];
        let is_member = self.last == Last::Dot;
        // An escaped letter may or may not make a keyword; what it makes is unclear.
        let role = if is_member {
            Last::Operand
        } else if word.contains('\\') {
            Last::Contextual
        } else {
            role_of(word)
        };
        if !is_member {
            self.settle(word);
            self.note_module_words(word);
            // Both are read as one thing and, if that fails, as another.
            self.frame_mut().is_tried |= matches!(word, "infer" | "interface");
        }
        self.count()?;
        self.finish(self.at + length, role);
        self.after_word = true;
        Ok(())
    }

    /// Forgets the part before a word that begins something new.
    fn settle(&mut self, word: &str) {
        let ended = match self.last {
            Last::BraceClose => true,
            Last::Operand => self.on_new_line,
            Last::Dot | Last::Operator | Last::HeadWord | Last::Contextual | Last::Unclear => false,
        };
        let carries_on = word.contains('\\') || CARRYING_ON.contains(&word);
        if !carries_on && (self.semicolon || ended) {
            self.forget();
        }
        self.semicolon = false;
    }

    fn note_module_words(&mut self, word: &str) {
        let is_module_word = matches!(word, "import" | "export");
        self.found.has_module_words |= is_module_word || word == "await";
        if is_module_word && self.frames.len() == 1 {
            self.found.has_module_statement = true;
        }
    }

    fn slash(&mut self) -> Result<Step<'a>, Refusal> {
        let (may_divide, may_begin_regex) = match self.last {
            Last::Operand => (true, self.on_new_line),
            Last::Operator => (false, true),
            Last::Dot | Last::HeadWord | Last::BraceClose | Last::Contextual | Last::Unclear => (true, true),
        };
        // Without an end on its line it cannot be a regular expression.
        let regex = if may_begin_regex { self.regex_end() } else { None };
        let mut forked = None;
        if let Some(end) = regex {
            if may_divide {
                forked = Some(Box::new(self.clone()));
            }
            self.settle_operator();
            self.count()?;
            self.finish(end, Last::Operand);
        }
        let divides = if regex.is_some() { forked.as_deref_mut() } else { Some(&mut *self) };
        if let Some(reading) = divides {
            reading.settle_operator();
            reading.count()?;
            reading.finish(reading.at + 1, Last::Operator);
        }
        Ok(forked.map_or(Step::Read, Step::Forked))
    }

    /// Where the regular expression that begins here ends, if one can.
    fn regex_end(&mut self) -> Option<usize> {
        let body = self.at + 1;
        let mut in_class = false;
        let mut escaped = false;
        for (index, char) in self.text[body..].char_indices() {
            self.work += 1;
            match char {
                '\n' | '\r' | '\u{2028}' | '\u{2029}' => return None,
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '[' => in_class = true,
                ']' => in_class = false,
                '/' if !in_class => return Some(run_length(self.text, body + index + 1)),
                _ => {}
            }
        }
        None
    }

    fn punctuation(&mut self, rest: &str, char: char) -> Result<(), Refusal> {
        if rest.starts_with("<!--") || (self.on_new_line && rest.starts_with("-->")) {
            return Err(Refusal::HtmlComment { offset: self.at });
        }
        match char {
            ')' | ']' | '}' => return self.close(char),
            ';' => {
                self.settle_operator();
                self.count()?;
                self.end_angles();
                self.finish(self.at + 1, Last::Operator);
                self.semicolon = true;
                return Ok(());
            }
            _ => self.settle_operator(),
        }
        let length = operator_length(rest);
        match char {
            '(' => {
                let is_head = self.last == Last::HeadWord;
                let begins_operand = !is_head && self.last != Last::Operand;
                self.open(FrameKind::Paren { is_head, begins_operand })?;
            }
            '[' => self.open(FrameKind::Bracket)?,
            '{' => self.open(FrameKind::Brace)?,
            '<' if self.dialect == Dialect::TypeScript => self.open(FrameKind::Angle)?,
            ',' => self.next_part(),
            _ => self.count()?,
        }
        let after_value =
            matches!(self.last, Last::Operand | Last::BraceClose | Last::Unclear | Last::Contextual);
        let last = match &rest[..length] {
            "." | "?." | "#" => Last::Dot,
            "++" | "--" => Last::Unclear,
            "!" if after_value => Last::Unclear,
            ">" => {
                self.close_angle();
                Last::Unclear
            }
            _ => Last::Operator,
        };
        self.finish(self.at + length, last);
        Ok(())
    }

    /// An operator after `;` begins a statement.
    fn settle_operator(&mut self) {
        if self.semicolon {
            self.forget();
            self.semicolon = false;
        }
    }

    fn open(&mut self, kind: FrameKind) -> Result<(), Refusal> {
        self.count()?;
        let outer = self.depth();
        let tries = self.tries_inside(kind);
        self.frames.push(Frame { kind, outer, head: 0, part: 0, is_tried: false, tries });
        Ok(())
    }

    /// The tries around what follows an opening bracket.
    fn tries_inside(&self, kind: FrameKind) -> Tries {
        let outer = self.frame();
        let mut tries = outer.tries;
        let is_in_operand = matches!(outer.kind, FrameKind::Paren { begins_operand: true, .. });
        match kind {
            // The `(` of a call and of a function's parameters follow a name. `async (` may be either.
            FrameKind::Paren { begins_operand, .. } => tries.single += u32::from(begins_operand),
            FrameKind::Angle => {
                tries.single += 1;
                tries.doubling += u32::from(outer.kind != FrameKind::Angle);
            }
            FrameKind::Brace => tries.blocks += 1,
            FrameKind::File | FrameKind::Bracket | FrameKind::Template => {}
        }
        if self.dialect == Dialect::TypeScript {
            // `([`, `({` and `(readonly [` may begin the parameters of a function type, whose defaults are
            // expressions. The bracket itself is counted already.
            let may_be_pattern = matches!(kind, FrameKind::Bracket | FrameKind::Brace)
                && is_in_operand
                && (outer.part <= 1 || self.after_word);
            tries.doubling += u32::from(may_be_pattern) + u32::from(outer.is_tried);
        }
        tries
    }

    fn close(&mut self, char: char) -> Result<(), Refusal> {
        self.semicolon = false;
        self.count()?;
        self.end_angles();
        let kind = self.frame().kind;
        let matches = match kind {
            FrameKind::File | FrameKind::Angle => false,
            FrameKind::Paren { .. } => char == ')',
            FrameKind::Bracket => char == ']',
            FrameKind::Brace | FrameKind::Template => char == '}',
        };
        // A bracket that closes nothing is an error that the parser stops at. Leaving the frame open
        // is the reading that cannot count too little.
        if matches {
            self.frames.pop();
        }
        if matches && kind == FrameKind::Template {
            return self.template(self.at + 1);
        }
        let last = match kind {
            _ if char == '}' => Last::BraceClose,
            FrameKind::Paren { is_head: true, .. } => Last::Unclear,
            _ => Last::Operand,
        };
        self.finish(self.at + 1, last);
        Ok(())
    }

    fn close_angle(&mut self) {
        if self.frame().kind == FrameKind::Angle {
            self.frames.pop();
        }
    }

    /// Whatever ends the part around a `<` shows that it was a comparison.
    fn end_angles(&mut self) {
        while self.frame().kind == FrameKind::Angle {
            self.frames.pop();
        }
    }

    fn next_part(&mut self) {
        let frame = self.frame_mut();
        frame.head = frame.head.max(frame.part);
        frame.part = 0;
        frame.is_tried = false;
    }

    fn forget(&mut self) {
        self.end_angles();
        let frame = self.frame_mut();
        frame.head = 0;
        frame.part = 0;
        frame.is_tried = false;
    }

    fn count(&mut self) -> Result<(), Refusal> {
        let frame = self.frame_mut();
        frame.part = frame.part.saturating_add(1);
        let effort = frame.tries.effort();
        self.effort = self.effort.saturating_add(effort);
        let depth = self.depth();
        self.found.depth = self.found.depth.max(depth);
        self.found.effort = self.found.effort.max(self.effort);
        if depth > DEPTH_MAX {
            Err(Refusal::TooDeep { offset: self.at })
        } else if self.effort > EFFORT_MAX {
            Err(Refusal::TooTangled { offset: self.at })
        } else {
            Ok(())
        }
    }

    fn depth(&self) -> u32 {
        let frame = self.frame();
        frame.outer.saturating_add(frame.head).saturating_add(frame.part)
    }

    #[expect(clippy::expect_used, reason = "the file's own frame is never closed")]
    fn frame(&self) -> &Frame {
        self.frames.last().expect("the file's own frame is never closed")
    }

    #[expect(clippy::expect_used, reason = "the file's own frame is never closed")]
    fn frame_mut(&mut self) -> &mut Frame {
        self.frames.last_mut().expect("the file's own frame is never closed")
    }

    fn finish(&mut self, at: usize, last: Last) {
        self.at = at;
        self.last = last;
        self.after_word = false;
        self.on_new_line = false;
        self.semicolon = false;
    }
}

/// Words that carry on the statement, expression or type before them.
const CARRYING_ON: &[&str] = &[
    "as",
    "assert",
    "asserts",
    "catch",
    "else",
    "extends",
    "finally",
    "from",
    "implements",
    "in",
    "instanceof",
    "is",
    "of",
    "satisfies",
    "while",
    "with",
];

/// What a word, not a member's name, says about the next token.
fn role_of(word: &str) -> Last {
    match word {
        "if" | "while" | "for" | "with" => Last::HeadWord,
        "case" | "catch" | "class" | "const" | "default" | "delete" | "do" | "else" | "enum" | "export"
        | "extends" | "finally" | "function" | "import" | "in" | "instanceof" | "new" | "return"
        | "switch" | "throw" | "try" | "typeof" | "var" | "void" => Last::Operator,
        "abstract" | "accessor" | "as" | "assert" | "asserts" | "async" | "await" | "declare" | "from"
        | "get" | "global" | "implements" | "infer" | "interface" | "is" | "keyof" | "let" | "module"
        | "namespace" | "of" | "out" | "override" | "package" | "private" | "protected" | "public"
        | "readonly" | "require" | "satisfies" | "set" | "static" | "type" | "unique" | "using" | "yield"
        | "defer" | "source" => Last::Contextual,
        _ => Last::Operand,
    }
}

fn is_word_char(char: char) -> bool {
    char.is_ascii_alphanumeric() || matches!(char, '_' | '$') || (!char.is_ascii() && !char.is_whitespace())
}

/// The length of a name, with `\u0061` and `\u{61}` in it.
fn word_length(text: &str) -> usize {
    let mut at = 0;
    loop {
        at = run_length(text, at);
        let rest = &text[at..];
        if let Some(escape) = rest.strip_prefix("\\u{") {
            at += 3 + escape.find('}').map_or(0, |end| end + 1);
        } else if rest.starts_with('\\') {
            at += 1;
        } else {
            return at;
        }
    }
}

/// Where the run of name characters from `from` ends.
fn run_length(text: &str, from: usize) -> usize {
    let rest = &text[from..];
    from + rest.find(|char| !is_word_char(char) || char == '\u{feff}').unwrap_or(rest.len())
}

/// The length of a decimal number: `1`, `1.`, `.5`, `1_000.5e-3`, `10n`.
fn decimal_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let digits = |mut at: usize| {
        while bytes.get(at).is_some_and(|byte| byte.is_ascii_digit() || *byte == b'_') {
            at += 1;
        }
        at
    };
    let mut at = digits(0);
    if bytes.get(at) == Some(&b'.') {
        at = digits(at + 1);
    }
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        let signed = at + 1 + usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
        if bytes.get(signed).is_some_and(u8::is_ascii_digit) {
            at = digits(signed);
        }
    }
    at + usize::from(bytes.get(at) == Some(&b'n'))
}

/// Operators of several characters that the parser takes as one token wherever they stand.
fn operator_length(text: &str) -> usize {
    const LONG: [&str; 13] =
        ["===", "!==", "...", "=>", "==", "!=", "++", "--", "&&", "||", "??", "**", "?."];
    let after_question_point = text.as_bytes().get(2).is_some_and(u8::is_ascii_digit);
    LONG.iter()
        .find(|operator| text.starts_with(**operator) && !(**operator == "?." && after_question_point))
        .map_or_else(|| text.chars().next().map_or(1, char::len_utf8), |operator| operator.len())
}

fn line_end(text: &str, from: usize) -> usize {
    text[from..].find(['\n', '\r', '\u{2028}', '\u{2029}']).map_or(text.len(), |length| from + length)
}
