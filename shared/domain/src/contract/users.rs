//! The contract of [`crate::ports::Users`].

use crate::fixture::{now, owner};
use crate::ports::{PortErrorKind, Users};
use crate::tenant_id::TenantId;
use crate::user::{Role, User};

/// A user is known in his tenant, once.
pub async fn users_belong_to_a_tenant(users: &dyn Users) {
    let (tenant_id, user_id) = owner();
    let user = User {
        tenant_id: tenant_id.clone(),
        user_id: user_id.clone(),
        role: Role::Customer,
        created_at: now(),
    };
    users.create(user.clone()).await.expect("creating works");
    let again = users.create(User { role: Role::Admin, ..user.clone() }).await.expect_err("the id is taken");
    assert_eq!(again.kind, PortErrorKind::Conflict);
    assert_eq!(users.get(&tenant_id, &user_id).await.expect("reading works"), Some(user));
    let stranger = TenantId::parse("stranger").expect("a legal id");
    assert_eq!(users.get(&stranger, &user_id).await.expect("reading works"), None);
}
