//! The schema, from nothing.

use serde_json::json;
use sqlx::PgPool;
use store::{NewSkillbase, Store, StoreError};

async fn database(test: &str) -> PgPool {
    let address = crate::common::address(test);
    Store::connect(&address)
        .expect("an address")
        .migrate()
        .await
        .expect("the migrations apply");
    PgPool::connect(&address).await.expect("a connection")
}

#[tokio::test]
async fn an_empty_database_gets_every_table_and_a_second_time_nothing() {
    let store = crate::common::empty("empty");
    assert_eq!(store.migrate().await.expect("first"), 3);
    assert_eq!(store.migrate().await.expect("second"), 0);
    store.ping().await.expect("it answers");
}

#[tokio::test]
async fn many_workers_may_migrate_at_once() {
    let store = crate::common::empty("at once");
    let all = [&store; 5].map(|store| {
        let store = store.clone();
        tokio::spawn(async move { store.migrate().await })
    });
    for one in all {
        one.await.expect("no panic").expect("it is migrated");
    }
    assert_eq!(store.migrate().await.expect("again"), 0);
}

#[tokio::test]
async fn a_worker_without_its_migrations_says_what_to_run() {
    let store = crate::common::empty("unmigrated");
    let error = store
        .save_call(&crate::common::call(uuid::Uuid::now_v7()))
        .await
        .expect_err("no tables");
    assert!(matches!(error, StoreError::Unavailable(_)));
    assert!(error.to_string().contains("newvoice migrate"), "{error}");
}

#[tokio::test]
async fn an_older_worker_lives_with_a_newer_schema() {
    let pool = database("newer").await;
    sqlx::query(
        "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
         values (9999, 'from the future', true, '', 0)",
    )
    .execute(&pool)
    .await
    .expect("a migration of a newer program");
    let store = Store::connect(&address_of(&pool)).expect("an address");
    assert_eq!(store.migrate().await.expect("it goes on"), 0);
}

#[tokio::test]
async fn statuses_that_nobody_knows_are_refused() {
    let pool = database("checks").await;
    for (column, value) in [
        ("status", "initiated"),
        ("direction", "sideways"),
        ("outcome", "running"),
    ] {
        let mut call = serde_json::to_value(crate::common::call(uuid::Uuid::now_v7()).call).expect("a row");
        call[column] = json!(value);
        let store = Store::connect(&address_of(&pool)).expect("an address");
        let finished = store::FinishedCall {
            call: serde_json::from_value(call).expect("a row"),
            ..crate::common::call(uuid::Uuid::now_v7())
        };
        let error = store
            .save_call(&finished)
            .await
            .expect_err("a status that nobody knows");
        assert!(
            matches!(&error, StoreError::Invalid(why) if why.contains(column)),
            "{error}"
        );
    }
}

#[tokio::test]
async fn updated_at_follows_changes_and_only_changes() {
    let pool = database("updated").await;
    let times = "select updated_at = created_at from companies where slug = 'a'";
    sqlx::query("insert into companies (slug, name) values ('a', 'A')")
        .execute(&pool)
        .await
        .expect("a company");
    sqlx::query("update companies set name = 'A' where slug = 'a'")
        .execute(&pool)
        .await
        .expect("no change");
    assert!(
        sqlx::query_scalar::<_, bool>(times)
            .fetch_one(&pool)
            .await
            .expect("times")
    );
    sqlx::query("update companies set name = 'B' where slug = 'a'")
        .execute(&pool)
        .await
        .expect("a change");
    assert!(
        !sqlx::query_scalar::<_, bool>(times)
            .fetch_one(&pool)
            .await
            .expect("times")
    );
}

#[tokio::test]
async fn a_deleted_company_takes_its_agents_along_and_leaves_its_calls() {
    let pool = database("deleted").await;
    let store = Store::connect(&address_of(&pool)).expect("an address");
    let company = store.upsert_company("clinic", "Clinic").await.expect("a company");
    let config = json!({"a": 1});
    let new = NewSkillbase {
        company_id: company.id,
        slug: "desk",
        name: "Desk",
        description: None,
        config: &config,
    };
    let skillbase = store.apply_skillbase(&new).await.expect("a skillbase").skillbase;
    let mut call = crate::common::call(uuid::Uuid::now_v7());
    call.call.skillbase_id = Some(skillbase.id);
    store.save_call(&call).await.expect("saved");
    let kept = store.call(call.call.id).await.expect("the call");
    assert_eq!(
        (kept.company_id, kept.skillbase_id),
        (Some(company.id), Some(skillbase.id))
    );

    sqlx::query("delete from companies")
        .execute(&pool)
        .await
        .expect("deleted");
    assert!(matches!(
        store.skillbase(skillbase.id).await,
        Err(StoreError::NotFound(_))
    ));
    let kept = store.call(call.call.id).await.expect("the call is kept");
    assert_eq!((kept.company_id, kept.skillbase_id), (None, None));
    assert_eq!(kept.skillbase_slug.as_deref(), Some("clinic"));
    assert_eq!(store.call_logs(call.call.id).await.expect("logs").len(), 1);
}

fn address_of(pool: &PgPool) -> String {
    let options = pool.connect_options();
    format!(
        "postgres://newvoice@localhost/{}?host={}",
        options.get_database().expect("a name"),
        options.get_socket().expect("a socket").display()
    )
}
