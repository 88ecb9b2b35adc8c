%% The clock of a timeline. It moves only when no process can run, so that a tick takes no time
%% and has one meaning on both sides.
-module(otp_clock).

-export([new/1, now/1, sleep/3, set/4, cancel/2, next/1, fire/2, settle/0]).

new(#{table := Table}) -> ets:insert(Table, {now, 0}).

now(#{table := Table}) -> ets:lookup_element(Table, now, 2).

%% Lets the calling process sleep; `Label` orders sleepers that wake at the same tick.
sleep(_, _, 0) ->
    ok;
sleep(Ctx, Label, Ticks) ->
    Ref = make_ref(),
    set(Ctx, Label, Ticks, {wake, self(), Ref}),
    receive Ref -> ok end.

set(#{table := Table} = Ctx, Label, Ticks, What) ->
    Number = erlang:unique_integer([monotonic]),
    ets:insert(Table, {{timer, now(Ctx) + Ticks, {Label, Number}}, What}).

cancel(#{table := Table}, What) ->
    ets:match_delete(Table, {{timer, '_', '_'}, What}).

%% The tick of the next timer. The timers of processes that have died are void.
next(#{table := Table}) ->
    Timers = ets:match_object(Table, {{timer, '_', '_'}, '_'}),
    [ets:delete(Table, Key) || {Key, What} <- Timers, is_void(What)],
    lists:min([never | [At || {{timer, At, _}, What} <- Timers, not is_void(What)]]).

is_void({wake, Pid, _}) -> not is_process_alive(Pid);
is_void(_) -> false.

%% Moves the clock. Takes out the first timer that is due: the caller lets everything come of it
%% before the next.
fire(#{table := Table}, Now) ->
    ets:insert(Table, {now, Now}),
    case lists:sort(ets:match_object(Table, {{timer, Now, '_'}, '_'})) of
        [{Key, What} | _] ->
            ets:delete(Table, Key),
            case What of
                {wake, Pid, Ref} -> Pid ! Ref, ok;
                _ -> {due, What}
            end;
        [] ->
            none
    end.

%% Waits until no process runs or can run but the calling one. There is one scheduler (`+S 1`), and
%% dirty ones, for the collection of garbage: a process that goes from one to the other is in neither
%% count for a moment, so all has to be quiet several times.
settle() -> settle(5).

settle(0) ->
    ok;
settle(Times) ->
    erlang:yield(),
    case {erlang:statistics(run_queue), erlang:statistics(total_active_tasks_all)} of
        {0, 1} -> settle(Times - 1);
        _ -> settle(5)
    end.
