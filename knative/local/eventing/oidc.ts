/** The reason of Knative's conditions on OIDC identities where the feature is off. */
export const oidcDisabled = 'authentication-oidc feature disabled';
