//! Secrets and nodes.

use curt_store::CheckSecretError;

use crate::stores::{for_each_store, in_parallel, later, now};

#[tokio::test]
async fn the_first_secret_is_the_only_one() {
    for_each_store(async |store| {
        assert!(!store.has_secret().await.unwrap());
        store.check_secret("first").await.unwrap();
        assert!(store.has_secret().await.unwrap());
        store.check_secret("first").await.unwrap();
        for other in ["other", "", "First", "first "] {
            let refused = store.check_secret(other).await;
            assert!(matches!(refused, Err(CheckSecretError::Mismatch)), "{other:?} {refused:?}");
        }
        store.check_secret("first").await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn of_nodes_that_start_together_those_with_one_secret_go_on() {
    for_each_store(async |store| {
        let secrets: Vec<String> = (0..8).map(|number| format!("secret {}", number % 2)).collect();
        let checked = in_parallel(secrets.iter().map(|secret| store.check_secret(secret))).await;
        let refused = checked.iter().filter(|result| result.is_err()).count();
        assert_eq!(refused, 4, "{checked:?}");
    })
    .await;
}

#[tokio::test]
async fn a_node_is_announced_again_and_again() {
    for_each_store(async |store| {
        store.announce_node("node-1", "0.1.0", now()).await.unwrap();
        store.announce_node("node-2", "0.1.0", now()).await.unwrap();
        store.announce_node("node-1", "0.2.0", later(1)).await.unwrap();
        store.ping().await.unwrap();
    })
    .await;
}
