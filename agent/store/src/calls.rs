//! Tables `calls`, `messages`, `call_metrics` and `call_logs`: what is kept of a call.

mod rows;

use serde::de::DeserializeOwned;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

pub use self::rows::{CallRow, FinishedCall, LogRow, MessageRow, MetricsRow};
use crate::{Store, StoreError};

/// What saving a call did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Saved {
    /// It is in the database now.
    Now,
    /// It was there already; nothing was changed.
    Before,
}

impl Store {
    /// Saves a call with all that belongs to it, in one transaction. However often it is repeated, the call is there once.
    ///
    /// A company or an agent that was deleted meanwhile is left out; the call is kept. When the call names no company, it
    /// belongs to its agent's.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when it may succeed later, [`StoreError::Invalid`] when it never will. Nothing of the
    /// call is in the database then.
    pub async fn save_call(&self, finished: &FinishedCall) -> Result<Saved, StoreError> {
        let mut transaction = self.pool.begin().await?;
        if insert_call(&mut transaction, &finished.call).await? == Saved::Before {
            return Ok(Saved::Before);
        }
        insert_messages(&mut transaction, finished).await?;
        insert_logs(&mut transaction, finished).await?;
        insert_metrics(&mut transaction, &finished.metrics).await?;
        transaction.commit().await?;
        Ok(Saved::Now)
    }

    /// A call.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn call(&self, id: Uuid) -> Result<CallRow, StoreError> {
        let row: Option<Value> = sqlx::query_scalar("select to_jsonb(c) from calls c where id = $1")
            .bind(id)
            .fetch_optional(&self.pool)
            .await?;
        one(row, id)
    }

    /// The latest calls, newest first, of one company or of all; at most `limit`.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn calls(&self, company: Option<Uuid>, limit: u32) -> Result<Vec<CallRow>, StoreError> {
        let rows: Vec<Value> = sqlx::query_scalar(
            "select to_jsonb(c) from calls c where $1::uuid is null or company_id = $1
             order by started_at desc, id limit $2",
        )
        .bind(company)
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await?;
        many(rows)
    }

    /// What was said in a call, in order.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn messages(&self, call: Uuid) -> Result<Vec<MessageRow>, StoreError> {
        let rows: Vec<Value> =
            sqlx::query_scalar("select to_jsonb(m) from messages m where call_id = $1 order by position")
                .bind(call)
                .fetch_all(&self.pool)
                .await?;
        many(rows)
    }

    /// A call's turns, in order.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn call_logs(&self, call: Uuid) -> Result<Vec<LogRow>, StoreError> {
        let rows: Vec<Value> =
            sqlx::query_scalar("select to_jsonb(l) from call_logs l where call_id = $1 order by turn_index")
                .bind(call)
                .fetch_all(&self.pool)
                .await?;
        many(rows)
    }

    /// A call's figures.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn call_metrics(&self, call: Uuid) -> Result<MetricsRow, StoreError> {
        // Money as text: a JSON number would become a float on the way.
        let row: Option<Value> = sqlx::query_scalar(
            "select to_jsonb(m) || jsonb_build_object(
                 'cost_stt', cost_stt::text, 'cost_llm', cost_llm::text, 'cost_tts', cost_tts::text,
                 'cost_livekit', cost_livekit::text, 'cost_total', cost_total::text)
             from call_metrics m where call_id = $1",
        )
        .bind(call)
        .fetch_optional(&self.pool)
        .await?;
        one(row, call)
    }
}

async fn insert_call(connection: &mut PgConnection, call: &CallRow) -> Result<Saved, StoreError> {
    let inserted = sqlx::query(
        "insert into calls (
             id, company_id, skillbase_id, skillbase_slug, skillbase_version, prompt_hash, external_call_id,
             livekit_room_id, direction, caller_number, callee_number, outcome, disposition, outcome_data,
             collected_data, duration_sec, turn_count, states_visited, language, status, ended_reason,
             recording_path, worker, settings, errors, started_at, ended_at)
         select
             r.id, coalesce(c.id, s.company_id), s.id, r.skillbase_slug, r.skillbase_version, r.prompt_hash,
             r.external_call_id, r.livekit_room_id, r.direction, r.caller_number, r.callee_number, r.outcome,
             r.disposition, r.outcome_data, r.collected_data, r.duration_sec, r.turn_count, r.states_visited,
             r.language, r.status, r.ended_reason, r.recording_path, r.worker, r.settings, r.errors, r.started_at,
             r.ended_at
         from jsonb_populate_record(null::calls, $1) r
         left join companies c on c.id = r.company_id
         left join skillbases s on s.id = r.skillbase_id
         on conflict (id) do nothing",
    )
    .bind(serde_json::to_value(call)?)
    .execute(connection)
    .await?;
    Ok(if inserted.rows_affected() == 0 {
        Saved::Before
    } else {
        Saved::Now
    })
}

async fn insert_messages(connection: &mut PgConnection, finished: &FinishedCall) -> Result<(), StoreError> {
    sqlx::query(
        "insert into messages (call_id, position, role, content, state_id, metadata, created_at)
         select $2, position, role, content, state_id, metadata, created_at
         from jsonb_populate_recordset(null::messages, $1)",
    )
    .bind(serde_json::to_value(&finished.messages)?)
    .bind(finished.call.id)
    .execute(connection)
    .await?;
    Ok(())
}

async fn insert_logs(connection: &mut PgConnection, finished: &FinishedCall) -> Result<(), StoreError> {
    sqlx::query(
        "insert into call_logs (
             call_id, turn_index, role, content, user_text, agent_text, heard_text, state_id, language, ttfb_stt,
             latency_stt, latency_llm, ttfb_tts, latency_tts, eou_latency, eou_delay, llm_ttft, text_aggregation,
             worker_added, barge_in_detect, barge_in_stop, stt_duration_sec, llm_input_tokens, llm_output_tokens,
             tts_characters, was_interrupted, sentiment, reason, stamps, providers, errors, extra_data, created_at)
         select
             $2, turn_index, role, content, user_text, agent_text, heard_text, state_id, language, ttfb_stt,
             latency_stt, latency_llm, ttfb_tts, latency_tts, eou_latency, eou_delay, llm_ttft, text_aggregation,
             worker_added, barge_in_detect, barge_in_stop, stt_duration_sec, llm_input_tokens, llm_output_tokens,
             tts_characters, was_interrupted, sentiment, reason, stamps, providers, errors, extra_data, created_at
         from jsonb_populate_recordset(null::call_logs, $1)",
    )
    .bind(serde_json::to_value(&finished.turns)?)
    .bind(finished.call.id)
    .execute(connection)
    .await?;
    Ok(())
}

async fn insert_metrics(connection: &mut PgConnection, metrics: &MetricsRow) -> Result<(), StoreError> {
    sqlx::query(
        "insert into call_metrics (
             call_id, ttfb_stt_avg, ttfb_stt_min, ttfb_stt_max, latency_llm_avg, latency_llm_min, latency_llm_max,
             ttfb_tts_avg, ttfb_tts_min, ttfb_tts_max, eou_latency_avg, eou_latency_min, eou_latency_max,
             eou_latency_p50, eou_latency_p90, eou_latency_p95, eou_latency_p99, worker_added_p50,
             worker_added_p95, latency, stt_duration_sec, llm_input_tokens, llm_cached_tokens, llm_output_tokens,
             tts_characters, livekit_duration_sec, usage, currency, cost_stt, cost_llm, cost_tts, cost_livekit,
             cost_total, unpriced, interruption_count, interruption_rate, sentiment_score, outcome,
             outcome_confidence, outcome_reason, turn_count, user_turn_count, bot_turn_count, unanswered_count)
         select
             call_id, ttfb_stt_avg, ttfb_stt_min, ttfb_stt_max, latency_llm_avg, latency_llm_min, latency_llm_max,
             ttfb_tts_avg, ttfb_tts_min, ttfb_tts_max, eou_latency_avg, eou_latency_min, eou_latency_max,
             eou_latency_p50, eou_latency_p90, eou_latency_p95, eou_latency_p99, worker_added_p50,
             worker_added_p95, latency, stt_duration_sec, llm_input_tokens, llm_cached_tokens, llm_output_tokens,
             tts_characters, livekit_duration_sec, usage, currency, cost_stt, cost_llm, cost_tts, cost_livekit,
             cost_total, unpriced, interruption_count, interruption_rate, sentiment_score, outcome,
             outcome_confidence, outcome_reason, turn_count, user_turn_count, bot_turn_count, unanswered_count
         from jsonb_populate_record(null::call_metrics, $1)",
    )
    .bind(serde_json::to_value(metrics)?)
    .execute(connection)
    .await?;
    Ok(())
}

fn one<R: DeserializeOwned>(row: Option<Value>, call: Uuid) -> Result<R, StoreError> {
    let row = row.ok_or_else(|| StoreError::NotFound(format!("call {call}")))?;
    Ok(serde_json::from_value(row)?)
}

fn many<R: DeserializeOwned>(rows: Vec<Value>) -> Result<Vec<R>, StoreError> {
    rows.into_iter()
        .map(|row| serde_json::from_value(row).map_err(StoreError::from))
        .collect()
}
