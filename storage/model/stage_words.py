"""The words by which a stage's name tells its kind: data alone, the weightiest first.

`storage.model.conventions` reads them, docs/stage-kinds.md shows them. Words are written apart (`pre prod` also finds
`preprod`, `Pre-Prod` and `PreProd`) and without regard to case and accents; of two that begin alike the longer counts.
"""

from __future__ import annotations

import enum
from typing import NamedTuple

from storage.model.entities import StageKind


class When(enum.StrEnum):
    """How much a word weighs in a name; the value is what people read."""

    ALWAYS = "wherever it stands"
    FIRST = "the first activity named"
    GENERAL = "the first activity named, unless a more particular one follows"
    PLACE = "the last place named, without an activity"
    ALONE = "a place like this, if every other word is known"
    ELSE = "if nothing else in the name tells"


class Rule(NamedTuple):
    kind: StageKind
    when: When
    words: tuple[str, ...]


def _listed(words: str) -> tuple[str, ...]:
    return tuple(" ".join(word.split()) for word in words.split(","))


def _rule(kind: StageKind, when: When, words: str) -> Rule:
    return Rule(kind, when, _listed(words))


# `review /`: an environment a branch, whose name may say anything. `and` stands for & + , / ; > | → and dashes, too.
RULES = (
    _rule(
        StageKind.OTHER,
        When.ALWAYS,
        """dry run, what if, no deploy, skip deploy, release notes, change log, create change set,
        prepare change set, review /, preview /""",
    ),
    _rule(
        StageKind.ACCEPTANCE,
        When.ALWAYS,
        """approval, approvals, sign off, go no go, go / no go, manual review, manual gate, manual validation,
        manual intervention, release gate, deploy gate, deployment gate, production gate, prod gate, freigabe,
        genehmigung, approbation, validation manuelle, aprobacion, aprovacao, 承認, 审批""",
    ),
    _rule(
        StageKind.DEPLOY,
        When.ALWAYS,
        """and deploy, and deployment, and release, and publish, and promote, and apply, and roll out, and ship,
        then deploy, build deploy, build test deploy, build push deploy, und bereitstellen, und ausrollen,
        und deploy, et deployer, et deploy, y desplegar, y deploy""",
    ),
    _rule(
        StageKind.CAPACITY,
        When.FIRST,
        """load test, load tests, load testing, soak, stress, stress test, stress tests, perf, performance,
        perf test, perf tests, performance test, performance tests, performance testing, benchmark, benchmarks,
        bench, capacity, endurance, scalability, k6, jmeter, gatling, locust, lasttest, lasttests, tests de charge,
        test de charge, pruebas de carga, pruebas de rendimiento, 負荷テスト, 性能テスト, 性能测试, 压力测试""",
    ),
    _rule(
        StageKind.ACCEPTANCE,
        When.FIRST,
        """approve, confirm, hold, hold for, acceptance, acceptance test, acceptance tests, accept, uat test,
        uat tests, uat testing, user acceptance, user acceptance test, user acceptance testing, integration,
        integrations test, integration test, integration tests, integration testing, e2e, end to end, smoke,
        smoke test, smoke tests, review deployment, review deployments, review prod, review production, functional,
        functional test, functional tests, regression, system test, system tests, contract test, contract tests,
        contract testing, ui test, ui tests, browser test, browser tests, api test, api tests, component test,
        component tests, visual test, visual tests, visual regression, a11y, accessibility, cypress, playwright,
        selenium, cucumber, pact, postman, newman, chromatic, health check, sanity, sanity check, sanity test,
        live test, live tests, verify deploy, verify deployment, verify release, check deployment, test deployment,
        validate deployment, deployment verification, deploy verification, deployment test, deployment tests,
        deployment check, deployment checks, deployment validation, release verification, release validation,
        release test, release tests, release testing, security scan, security scanning, security test,
        security tests, security testing, scan, scans, scanning, trivy, snyk, dast, zap, pentest, penetration test,
        compliance, approuver, aprobar, freigeben, abnahme, abnahme test, abnahme tests, akzeptanz test,
        akzeptanz tests, integrations tests, tests d integration, test d integration, tests fonctionnels,
        tests d acceptation, tests de bout en bout, pruebas de integracion, pruebas de aceptacion,
        pruebas funcionales, testes de integracao, 結合テスト, 統合テスト, 受入テスト, 受け入れテスト, 集成测试,
        验收测试""",
    ),
    _rule(
        StageKind.COMMIT,
        When.FIRST,
        """commit, pre commit, checkout, check out, clone, fetch, build, builds, building, rebuild, compile,
        compilation, assemble, package, packaging, bundle, dockerize, containerize, unit, unit test, unit tests,
        unit testing, lint, linting, linter, linters, eslint, stylelint, hadolint, yamllint, golangci, ruff, flake8,
        mypy, rubocop, prettier, checkstyle, spotless, clippy, format, formatting, fmt, type check, typecheck, tsc,
        static analysis, static checks, analyze, analyse, analysis, codeql, sonar, sonarqube, sonarcloud, sast,
        semgrep, secret detection, code quality, quality gate, audit, coverage, codecov, jest, vitest, pytest, junit,
        phpunit, rspec, tox, install, dependency review, code review, codegen, release build, release builds,
        release binary, release binaries, push, push to registry, push to ecr, push to acr, push to gcr,
        push to ghcr, push to docker hub, push to nexus, upload, upload to codecov, archive, publish artifact,
        publish artifacts, publish image, publish images, publish docker, publish results, publish test,
        publish tests, publish coverage, publish report, publish reports, bauen, bau, kompilieren, statische analyse,
        komponenten test, komponenten tests, construction, construire, compiler, tests unitaires, test unitaire,
        analyse statique, construir, compilar, construccion, compilacion, pruebas unitarias, testes unitarios,
        ビルド, 単体テスト, ユニットテスト, 静的解析, コンパイル, 构建, 编译, 单元测试, 代码检查""",
    ),
    _rule(
        StageKind.DEPLOY,
        When.FIRST,
        """deploy, deploys, deployed, deploying, deployment, deployments, redeploy, cd, publish, publishing, release,
        releases, releasing, rollout, roll out, rolling, rollback, roll back, promote, promotion, provision,
        provisioning, migrate, migration, migrations, apply, ship, ship it, deliver, delivery, launch, swap slot,
        swap slots, swap, cut over, shift traffic, traffic shift, switch traffic, blue green, push to, upload to,
        helm upgrade, execute change set, argo sync, argocd sync, bereitstellen, bereitstellung, ausliefern,
        auslieferung, ausrollen, veroffentlichen, deployer, deploiement, livrer, livraison, publier, publication,
        mise en ligne, mise en, desplegar, despliegue, publicar, puesta en, implantar, implantacao, デプロイ,
        リリース, 公開, 反映, 部署, 发布, 回滚""",
    ),
    _rule(
        StageKind.PRODUCTION,
        When.FIRST,
        "go live, going live, produktivsetzung, inbetriebnahme, mise en production, mise en prod, mep, 上线, 本番反映",
    ),
    _rule(
        StageKind.OTHER,
        When.FIRST,
        """notify, send notification, send notifications, deploy notification, deployment notification, announce,
        clean up, tear down, destroy, delete, remove, stop, undeploy, decommission, backup, back up, restart, wait,
        plan, diff, pulumi preview, prepare release, draft release, release please, release drafter, pipeline upload,
        rollback plan, readiness, aufraumen, benachrichtigen, benachrichtigung, nettoyage, notifier, limpiar,
        notificar, 通知, 清理""",
    ),
    _rule(
        StageKind.COMMIT,
        When.GENERAL,
        """test, tests, testing, tested, test deploy, check, checks, validate, validation, inspect, spec, specs,
        prufen, prufung, verifier, pruebas, prueba, probar, testes, テスト, 测试""",
    ),
    _rule(
        StageKind.ACCEPTANCE,
        When.GENERAL,
        """verify, verification, post deploy, post deployment, post release, after deploy, after deployment, monitor,
        monitoring, uberprufen, verifizieren, verificar, verificacion, 検証, 验证""",
    ),
    _rule(StageKind.OTHER, When.GENERAL, "pre deploy, pre deployment, pre release, before deploy, pos deploy"),
    _rule(
        StageKind.PRODUCTION,
        When.PLACE,
        """production, prod, prd, produktion, produktions, produktiv, wirkbetrieb, echtbetrieb, produccion, producao,
        本番, 本番環境, プロダクション, 生产, 生产环境""",
    ),
    _rule(
        StageKind.DEPLOY,
        When.PLACE,
        """staging, stg, uat, qa, qas, sandbox, tst, acc env, pre prod, pre production, pre prd, pre live, non prod,
        non production, non prd, not prod, not production, no prod, production like, prod like, like production,
        like prod, production preview, prod preview, prod mirror, test env, test envs, test environment,
        test environments, testing environment, integration env, integration environment, acceptance environment,
        review app, review apps, testflight, test umgebung, integrations umgebung, abnahme umgebung,
        entwicklungs umgebung, vor produktion, pre produktion, pre produccion, pre producao, recette,
        environnement de test, entorno de pruebas, homologacao, ステージング, ステージング環境, 検証環境, 開発環境,
        テスト環境, 预发布, 预生产, 测试环境, 开发环境""",
    ),
    _rule(
        StageKind.COMMIT,
        When.PLACE,
        """config, configuration, settings, image, images, manifest, manifests, chart, charts, template, templates,
        script, scripts, mode""",
    ),
    _rule(StageKind.CAPACITY, When.ALONE, "load"),
    _rule(StageKind.PRODUCTION, When.ALONE, "live, en vivo"),
    _rule(
        StageKind.DEPLOY,
        When.ALONE,
        """stage, dev, develop, development, devel, canary, blue, green, preview, demo, int, acc, integration,
        acceptance, lab, review, ephemeral, entwicklung, developpement, desarrollo""",
    ),
    _rule(
        StageKind.ACCEPTANCE,
        When.ELSE,
        "ui, browser, browsers, contract, contracts, security, lighthouse, quality assurance",
    ),
    _rule(
        StageKind.COMMIT,
        When.ELSE,
        "ci, source, docker, types, typing, style, dependencies, quality, quelle, quellcode",
    ),
    _rule(StageKind.DEPLOY, When.ELSE, "beta, gamma, pages"),
)

# Known words that say nothing of a kind: a place alone may stand beside them.
SAYS_NOTHING = _listed(
    """
        to, the, a, an, in, on, into, for, from, of, and, with, by, env, envs, environment, environments,
        umgebung, cluster, region, zone, account, slot, site, step, job, run, auto, manual, automatic, eu, us, uk,
        ap, emea, apac, europe, usa, america, asia, germany, france, north, south, east, west, central, northeast,
        southeast, northwest, southwest, en, de, la, el, le, les, nach, zu, auf, der, die, das, und, vers, sur, et,
        al, y, へ, に, の, を, と, で, 環境, 环境, 到
    """
)
