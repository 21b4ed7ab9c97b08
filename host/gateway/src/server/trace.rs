//! OpenTelemetry traces: one span a judgement, in the trace that the request belongs to.

use std::time::{Duration, SystemTime};

use opentelemetry::trace::{
    Span, SpanContext, SpanId, SpanKind, Status, TraceContextExt, TraceFlags, TraceId, TraceState,
    Tracer, TracerProvider,
};
use opentelemetry::{Context, KeyValue};
use opentelemetry_otlp::{SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{Sampler, SdkTracer, SdkTracerProvider};
use tokenward::Outcome;

use super::config;
use super::metrics::reason;
use crate::gate::{Judged, Observer};
use crate::inquiry::Inquiry;

/// How long what was not sent yet may take at the end.
const LAST: Duration = Duration::from_secs(5);

/// Sends traces.
pub(crate) struct Traces {
    provider: SdkTracerProvider,
}

/// Makes spans of judgements.
pub(crate) struct Spans {
    tracer: SdkTracer,
}

impl Traces {
    /// Sends to an OTLP receiver by gRPC, in batches, off the requests' path.
    pub(crate) fn start(config: &config::Trace) -> Result<Self, String> {
        let exporter = SpanExporter::builder()
            .with_tonic()
            .with_endpoint(config.otlp.clone())
            .build()
            .map_err(|error| error.to_string())?;
        let resource = Resource::builder()
            .with_service_name("tokenward")
            .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
            .build();
        let sampler = Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(config.ratio)));
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_sampler(sampler)
            .with_resource(resource)
            .build();
        Ok(Self { provider })
    }

    pub(crate) fn spans(&self) -> Spans {
        Spans { tracer: self.provider.tracer("tokenward") }
    }

    /// Sends what was not sent yet. It blocks.
    pub(crate) fn end(&self) {
        if let Err(error) = self.provider.shutdown_with_timeout(LAST) {
            tracing::warn!(%error, "the last traces could not be sent");
        }
    }
}

impl Observer for Spans {
    fn judged(&self, inquiry: &Inquiry, judged: &Judged) {
        let ended = SystemTime::now();
        let started = ended.checked_sub(judged.elapsed).unwrap_or(ended);
        let parent = inquiry
            .trace_parent()
            .and_then(parent)
            .map_or_else(Context::new, |parent| Context::new().with_remote_span_context(parent));
        let span = self.tracer.span_builder("tokenward.judge").with_kind(SpanKind::Server);
        let mut span = span.with_start_time(started).start_with_context(&self.tracer, &parent);
        if !span.is_recording() {
            return;
        }
        let (decision, outcome) = (&judged.decision, judged.reply.outcome);
        let bundle = decision.bundle();
        span.set_attributes([
            KeyValue::new("tokenward.outcome", outcome.as_str()),
            KeyValue::new("tokenward.reason", reason(judged)),
            KeyValue::new("tokenward.bundle.name", bundle.name.clone()),
            KeyValue::new("tokenward.bundle.version", bundle.version.clone()),
            KeyValue::new("tokenward.bundle.digest", bundle.digest.clone()),
            KeyValue::new("http.response.status_code", i64::from(judged.reply.status.as_u16())),
        ]);
        if let Some(digest) = decision.token_digest() {
            span.set_attribute(KeyValue::new("tokenward.token.digest", digest.to_string()));
        }
        if outcome == Outcome::Fault {
            span.set_status(Status::error("no decision could be made"));
        }
        let inside = Context::new().with_remote_span_context(span.span_context().clone());
        let verified = started.checked_add(decision.verify_time()).unwrap_or(ended);
        self.step("tokenward.verify", &inside, started, verified);
        if !decision.policies().is_empty() {
            let evaluated = verified.checked_add(decision.evaluate_time()).unwrap_or(ended);
            self.step("tokenward.evaluate", &inside, verified, evaluated);
        }
        span.end_with_timestamp(ended);
    }
}

impl Spans {
    fn step(&self, name: &'static str, inside: &Context, from: SystemTime, to: SystemTime) {
        let span = self.tracer.span_builder(name).with_kind(SpanKind::Internal);
        span.with_start_time(from).start_with_context(&self.tracer, inside).end_with_timestamp(to);
    }
}

/// The parent of a `traceparent` (W3C Trace Context, section 3.2).
fn parent(header: &str) -> Option<SpanContext> {
    let lower_hex = |text: &str, length: usize| {
        text.len() == length
            && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    };
    let mut parts = header.split('-');
    let (version, trace, span, flags) =
        (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    // Of a later version, what follows is not known; of this one, nothing follows.
    if !lower_hex(version, 2) || version == "ff" || (version == "00" && parts.next().is_some()) {
        return None;
    }
    if !lower_hex(trace, 32) || !lower_hex(span, 16) || !lower_hex(flags, 2) {
        return None;
    }
    let context = SpanContext::new(
        TraceId::from_hex(trace).ok()?,
        SpanId::from_hex(span).ok()?,
        TraceFlags::new(u8::from_str_radix(flags, 16).ok()? & 1),
        true,
        TraceState::default(),
    );
    context.is_valid().then_some(context)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parents_are_read() {
        let good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        let context = parent(good).unwrap();
        assert_eq!(context.trace_id().to_string(), "0af7651916cd43dd8448eb211c80319c");
        assert!(context.is_sampled() && context.is_remote());
        assert!(!parent(&good.replace("-01", "-00")).unwrap().is_sampled());
        assert!(parent("cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-what").is_some());
        for bad in [
            "",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0",
        ] {
            assert!(parent(bad).is_none(), "{bad}");
        }
    }
}
