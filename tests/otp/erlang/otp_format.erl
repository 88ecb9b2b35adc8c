%% Checks that a scenario says nothing that would be passed over in silence.
-module(otp_format).

-export([check/1]).

%% Exits with `{bad_scenario, Where, What}`.
check(Scenario) ->
    fields(scenario, Scenario, [name, about, deviations, tree, timeline, script]),
    supervisor(maps:get(<<"tree">>, Scenario)),
    lists:foreach(fun action/1, maps:get(<<"timeline">>, Scenario, [])),
    lists:foreach(fun step/1, maps:get(<<"script">>, Scenario, [])).

supervisor(Supervisor) ->
    fields(supervisor, Supervisor,
           [strategy, max_restarts, restart_window, auto_shutdown, children]),
    lists:foreach(fun child/1, maps:get(<<"children">>, Supervisor, [])).

child(#{<<"supervisor">> := Supervisor} = Child) ->
    fields(child, Child, [name, policy, significant, shutdown, supervisor]),
    supervisor(Supervisor);
child(Child) ->
    fields(child, Child, [name, policy, significant, shutdown, on_shutdown, starts,
                          start_takes, start_asks, stop_takes, stop_asks]).

step(#{<<"do">> := <<"at_once">>, <<"steps">> := Steps} = Step) ->
    fields(step, Step, [do, steps]),
    lists:foreach(fun step/1, Steps);
step(#{<<"do">> := Do} = Step) ->
    fields(step, Step, [do | step_fields(Do)]),
    case Step of #{<<"spec">> := Child} -> child(Child); _ -> ok end;
step(Step) ->
    exit({bad_scenario, step, Step}).

action(#{<<"do">> := Do, <<"at">> := _} = Action) ->
    fields(action, Action, [do, at | action_fields(Do)]).

action_fields(<<"ask">>) -> [from, to, keep, within];
action_fields(<<"send">>) -> [to];
action_fields(<<"kill">>) -> [child];
action_fields(Do) -> step_fields(Do).

step_fields(<<"end">>) -> [child, how];
step_fields(<<"add_child">>) -> [supervisor, spec];
step_fields(<<"add_worker">>) -> [supervisor, starts, on_shutdown];
step_fields(<<"which_children">>) -> [supervisor];
step_fields(<<"count_children">>) -> [supervisor];
step_fields(<<"shutdown">>) -> [];
step_fields(Do) ->
    Known = [<<"terminate_child">>, <<"restart_child">>, <<"delete_child">>, <<"child_spec">>],
    case lists:member(Do, Known) of
        true -> [child];
        false -> exit({bad_scenario, step, Do})
    end.

fields(Where, Object, Known) ->
    case maps:keys(Object) -- [atom_to_binary(Field) || Field <- Known] of
        [] -> ok;
        Unknown -> exit({bad_scenario, Where, Unknown})
    end.
