//! Agents and their versions.

use serde_json::{Value, json};
use store::{Applied, Change, Company, NewSkillbase, Store, StoreError};

async fn apply(store: &Store, company: &Company, config: &Value, name: &str) -> Applied {
    let new = NewSkillbase {
        company_id: company.id,
        slug: "desk",
        name,
        description: None,
        config,
    };
    store.apply_skillbase(&new).await.expect("it applies")
}

#[tokio::test]
async fn the_version_grows_with_the_definition_and_only_with_it() {
    let store = crate::common::migrated("versions").await;
    let company = store.upsert_company("clinic", "Clinic").await.expect("a company");
    let steps = [
        (json!({"a": 1, "b": [1, 2]}), "Desk", 1, Change::Created),
        (json!({"b": [1, 2], "a": 1}), "Desk", 1, Change::SameVersion),
        (json!({"a": 1, "b": [1, 2]}), "Front desk", 1, Change::SameVersion),
        (json!({"a": 1, "b": [2, 1]}), "Front desk", 2, Change::NewVersion),
        (json!({"a": 1, "b": [1, 2]}), "Front desk", 3, Change::NewVersion),
    ];
    for (config, name, version, change) in steps {
        let applied = apply(&store, &company, &config, name).await;
        assert_eq!((applied.skillbase.version, applied.change), (version, change));
        assert_eq!(
            (applied.skillbase.config, applied.skillbase.name.as_str()),
            (config, name)
        );
    }
}

#[tokio::test]
async fn an_agent_is_found_by_id_and_by_slug_while_it_is_on() {
    let store = crate::common::migrated("found").await;
    let company = store.upsert_company("clinic", "Clinic").await.expect("a company");
    let desk = apply(&store, &company, &json!({}), "Desk").await.skillbase;
    assert_eq!(store.skillbase(desk.id).await.expect("by id"), desk);
    assert_eq!(
        store.skillbase_by_slug("desk", None).await.expect("by slug"),
        desk
    );
    assert_eq!(
        store
            .skillbase_by_slug("desk", Some("clinic"))
            .await
            .expect("by both"),
        desk
    );
    assert!(matches!(
        store.skillbase_by_slug("desk", Some("other")).await,
        Err(StoreError::NotFound(_))
    ));

    store
        .set_skillbase_active(desk.id, false)
        .await
        .expect("switched off");
    assert!(matches!(
        store.skillbase(desk.id).await,
        Err(StoreError::NotFound(_))
    ));
    assert!(matches!(
        store.skillbase_by_slug("desk", None).await,
        Err(StoreError::NotFound(_))
    ));
    assert!(
        apply(&store, &company, &json!({}), "Desk")
            .await
            .skillbase
            .is_active,
        "applied is on again"
    );
}

#[tokio::test]
async fn a_slug_that_two_companies_use_needs_the_company() {
    let store = crate::common::migrated("two").await;
    for slug in ["one", "two"] {
        let company = store.upsert_company(slug, slug).await.expect("a company");
        apply(&store, &company, &json!({"of": slug}), "Desk").await;
    }
    assert!(matches!(
        store.skillbase_by_slug("desk", None).await,
        Err(StoreError::Conflict(_))
    ));
    let two = store
        .skillbase_by_slug("desk", Some("two"))
        .await
        .expect("the second");
    assert_eq!(two.config, json!({"of": "two"}));
}

#[tokio::test]
async fn a_company_is_created_once_and_renamed() {
    let store = crate::common::migrated("company").await;
    let first = store.upsert_company("clinic", "Clinic").await.expect("created");
    let second = store
        .upsert_company("clinic", "The Clinic")
        .await
        .expect("renamed");
    assert_eq!((second.id, second.name.as_str()), (first.id, "The Clinic"));
    assert_eq!(store.company("clinic").await.expect("found"), second);
    assert!(matches!(
        store.company("nobody").await,
        Err(StoreError::NotFound(_))
    ));
    assert!(matches!(
        store.upsert_company("The Clinic!", "x").await,
        Err(StoreError::Invalid(_))
    ));
}
