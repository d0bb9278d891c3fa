"""What anybody may know."""

from fastapi import Request
from starlette.responses import JSONResponse

from mojodex.faces.edge import Anyone, RequestDb
from mojodex.faces.v1.config import V1Config
from mojodex.faces.v1.parts import build_router
from mojodex.faces.v1.wire.people import AboutOut, DemoAccountOut, ModelOut
from mojodex.platform.llm import ModelGateway

router = build_router("about")


@router.get("/about")
async def read_about(request: Request, _: Anyone, db: RequestDb) -> AboutOut:
    """Version, model, and the demo account where there is one."""
    config: V1Config = request.app.state.config
    model = db.use(ModelGateway).default_model
    demo = config.demo_account
    return AboutOut(
        version=config.version,
        model=ModelOut(
            name=model.name,
            provider=model.provider,
            is_demo=model.is_demo,
            has_vision=model.has_vision,
        ),
        demo_account=demo and DemoAccountOut(email=demo.email, password=demo.password),
    )


@router.get("/openapi.json", include_in_schema=False)
async def read_openapi(request: Request, _: Anyone) -> JSONResponse:
    """This description."""
    return JSONResponse(request.app.openapi())
