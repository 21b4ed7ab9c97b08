//! Evaluates, in order, until the semantic says that it is enough.

use std::fmt::Display;
use std::future::Future;

use crate::gate::{Gate, Judged};
use crate::inquiry::{Inquiry, SignalHeaders};
use crate::reply::Reply;

use super::answer::Answer;
use super::question::{Caller, Question};
use super::wire::{Evaluation, Semantic, WireError};

/// Who judges: the gate, or in tests what counts how often it is asked.
pub(super) trait Judge: Sync {
    /// Judges an inquiry now.
    fn judge(&self, inquiry: &Inquiry) -> impl Future<Output = Judged> + Send;

    /// Records that an evaluation cannot be judged, and answers what it is answered with.
    fn refuse(
        &self,
        code: &'static str,
        error: &(impl Display + Sync),
        caller: &Caller,
    ) -> impl Future<Output = Reply> + Send;

    /// The headers that are taken for signals.
    fn signal_headers(&self) -> &SignalHeaders;
}

impl Judge for Gate {
    fn judge(&self, inquiry: &Inquiry) -> impl Future<Output = Judged> + Send {
        Gate::judge(self, inquiry)
    }

    async fn refuse(
        &self,
        code: &'static str,
        error: &(impl Display + Sync),
        caller: &Caller,
    ) -> Reply {
        self.refused(Reply::unreadable(code, error), code, &caller.origin()).await
    }

    fn signal_headers(&self) -> &SignalHeaders {
        Gate::signal_headers(self)
    }
}

/// Evaluates one.
pub(super) async fn one(judge: &impl Judge, evaluation: &Evaluation, caller: &Caller) -> Answer {
    match Question::of(evaluation, judge.signal_headers(), caller) {
        Ok(question) => {
            let judged = judge.judge(&question.inquiry).await;
            Answer::of(&judged)
        }
        Err(error) => {
            let reply = judge.refuse(error.code(), &error, caller).await;
            Answer::error(&reply, error.code(), &error)
        }
    }
}

/// Evaluates items in their order. The answers are those so far, with the one that decided
/// (section 7.1.2.1).
pub(super) async fn many(
    judge: &impl Judge,
    items: &[Result<Evaluation, WireError>],
    semantic: Semantic,
    caller: &Caller,
) -> Vec<Answer> {
    let mut answers = Vec::with_capacity(items.len());
    for item in items {
        let answer = match item {
            Ok(evaluation) => one(judge, evaluation, caller).await,
            Err(error) => {
                let reply = judge.refuse(error.code(), error, caller).await;
                Answer::error(&reply, error.code(), error)
            }
        };
        let last = semantic.ends_with(answer.decision());
        answers.push(answer);
        if last {
            break;
        }
        // A long array does not keep others waiting.
        tokio::task::yield_now().await;
    }
    answers
}
