#!/usr/bin/env bash
# Mojodex on Azure Container Apps: two servers, two workers, PostgreSQL with pgvector, a file share.
#
#   az login
#   PASSWORD="$(openssl rand -hex 24)" deploy/azure.sh
#
# Read it first: it makes things that cost money. Running it again changes what is there. It was
# written after the documentation of the Azure CLI and never run against Azure; remove all of it with
#   az group delete --name mojodex
set -euo pipefail

# --- What you may want to change -------------------------------------------------------------------
GROUP="${GROUP:-mojodex}"                # everything is in this resource group
PLACE="${PLACE:-francecentral}"
NAME="${NAME:-mojodex$RANDOM}"           # of database, registry and storage: unique in all of Azure
PASSWORD="${PASSWORD:?set PASSWORD to the one that the database shall get}"
MODEL_KEY="${OPENAI_API_KEY:-}"          # empty: the demo model answers
MODEL_NAME="${MOJODEX_CHAT_MODEL:-gpt-4.1-mini}"

az group create --name "$GROUP" --location "$PLACE" --output none

# --- The image, built by the registry from the Dockerfile here --------------------------------------
az acr create --resource-group "$GROUP" --name "$NAME" --sku Basic --admin-enabled true --output none
az acr build --registry "$NAME" --image mojodex:latest .
REGISTRY="$NAME.azurecr.io"
REGISTRY_PASSWORD="$(az acr credential show --name "$NAME" --query 'passwords[0].value' --output tsv)"

# --- PostgreSQL. pgvector must be allowed before it can be activated ---------------------------------
# 0.0.0.0 lets services of Azure in, yours and others'; the password keeps the others out. For more,
# give the environment a network of its own and the server a private address.
az postgres flexible-server create --resource-group "$GROUP" --name "$NAME" --location "$PLACE" \
  --version 17 --tier Burstable --sku-name Standard_B2s --storage-size 32 \
  --admin-user mojodex --admin-password "$PASSWORD" --public-access 0.0.0.0 --yes --output none
az postgres flexible-server parameter set --resource-group "$GROUP" --server-name "$NAME" \
  --name azure.extensions --value vector --output none
az postgres flexible-server db create --resource-group "$GROUP" --server-name "$NAME" \
  --database-name mojodex --output none
# A B2s takes 429 connections; each process of Mojodex opens at most 20 and a few of its own.
DATABASE="postgresql://mojodex:$PASSWORD@$NAME.postgres.database.azure.com/mojodex?sslmode=require"

# --- People's files: a share that all processes see --------------------------------------------------
az storage account create --resource-group "$GROUP" --name "$NAME" --location "$PLACE" \
  --sku Standard_LRS --output none
STORAGE_KEY="$(az storage account keys list --resource-group "$GROUP" --account-name "$NAME" \
  --query '[0].value' --output tsv)"
az storage share-rm create --resource-group "$GROUP" --storage-account "$NAME" --name media --quota 100 \
  --output none
az containerapp env create --resource-group "$GROUP" --name "$NAME" --location "$PLACE" --output none
az containerapp env storage set --resource-group "$GROUP" --name "$NAME" --storage-name media \
  --azure-file-account-name "$NAME" --azure-file-account-key "$STORAGE_KEY" \
  --azure-file-share-name media --access-mode ReadWrite --output none
ENVIRONMENT="$(az containerapp env show --resource-group "$GROUP" --name "$NAME" --query id --output tsv)"
DOMAIN="$(az containerapp env show --resource-group "$GROUP" --name "$NAME" \
  --query properties.defaultDomain --output tsv)"
PUBLIC_URL="https://mojodex-backend.$DOMAIN"

# --- The processes ----------------------------------------------------------------------------------
# One description for servers and workers; they differ in command and in who can reach them. No sticky
# sessions. Without Redis, text of the workers reaches people once a second; for text as it is written,
# make an Azure Managed Redis and add MOJODEX_REDIS_URL=rediss://:KEY@HOST:PORT/0 to the secrets.
describe() { # name command ingress
  cat <<YAML
location: $PLACE
type: Microsoft.App/containerApps
properties:
  managedEnvironmentId: $ENVIRONMENT
  configuration:
    activeRevisionsMode: Single
    $3
    registries:
      - {server: $REGISTRY, username: $NAME, passwordSecretRef: registry}
    secrets:
      - {name: registry, value: "$REGISTRY_PASSWORD"}
      - {name: database, value: "$DATABASE"}
      - {name: model, value: "${MODEL_KEY:-none}"}
  template:
    scale: {minReplicas: 2, maxReplicas: 2}
    terminationGracePeriodSeconds: 30
    volumes:
      - {name: media, storageType: AzureFile, storageName: media, mountOptions: "uid=1000,gid=1000,dir_mode=0700,file_mode=0600"}
    containers:
      - name: mojodex
        image: $REGISTRY/mojodex:latest
        command: $2
        resources: {cpu: 1, memory: 2Gi}
        volumeMounts:
          - {volumeName: media, mountPath: /data/media}
        env:
          - {name: MOJODEX_DATABASE_URL, secretRef: database}
          - {name: MOJODEX_MEDIA_DIR, value: /data/media}
          - {name: MOJODEX_PUBLIC_URL, value: "$PUBLIC_URL"}
          # Only the ingress of the environment can connect.
          - {name: MOJODEX_TRUSTED_PROXIES, value: "*"}
          - {name: MOJODEX_LOG_FORMAT, value: json}
$([ -n "$MODEL_KEY" ] && echo "          - {name: OPENAI_API_KEY, secretRef: model}
          - {name: MOJODEX_CHAT_MODEL, value: \"$MODEL_NAME\"}")
        probes:
          - {type: Readiness, httpGet: {path: /readyz, port: 5001}, periodSeconds: 10, failureThreshold: 6}
          - {type: Liveness, httpGet: {path: /healthz, port: 5001}, periodSeconds: 30}
YAML
}

FILE="$(mktemp)"
trap 'rm -f "$FILE"' EXIT # it holds secrets
describe mojodex-backend '[mojodex, serve, --no-worker]' \
  'ingress: {external: true, targetPort: 5001, transport: auto, allowInsecure: false}' > "$FILE"
az containerapp create --resource-group "$GROUP" --name mojodex-backend --yaml "$FILE" --output none
describe mojodex-background '[mojodex, worker, --host, 0.0.0.0, --port, "5001"]' '' > "$FILE"
az containerapp create --resource-group "$GROUP" --name mojodex-background --yaml "$FILE" --output none

echo "Mojodex is at $PUBLIC_URL/app/. Make yourself an account:"
echo "  az containerapp exec --resource-group $GROUP --name mojodex-backend \\"
echo "    --command 'mojodex user create --email you@example.org --admin'"
