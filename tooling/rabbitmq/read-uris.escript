#!/usr/bin/env escript
%%! -noshell
%% Reads amqp and amqps URIs as RabbitMQ's Erlang client does. Takes a text file with a URI of ASCII on each line and prints a JSON line for
%% each: [username, password, vhost, host, port] as lists of bytes, a port that is not there as null; or null if it is refused.
%% ERL_FLAGS names the ebin folders of amqp_client and rabbit_common, among the plugins of RabbitMQ
main([File]) ->
    logger:set_primary_config(level, none),
    {ok, Lines} = file:read_file(File),
    [print(unicode:characters_to_list(Line)) || Line <- binary:split(Lines, <<"\n">>, [global]), Line =/= <<>>].

print(Text) ->
    try amqp_uri:parse(Text) of
        {ok, Parameters} when element(1, Parameters) =:= amqp_params_network ->
            [_, Username, Password, VHost, Host, Port | _] = tuple_to_list(Parameters),
            io:format("[~w,~w,~w,~w,~w]~n", [binary_to_list(Username), binary_to_list(Password), binary_to_list(VHost), Host, or_null(Port)]);
        _ ->
            io:format("null~n")
    catch
        _:_ -> io:format("null~n")
    end.

or_null(undefined) -> null;
or_null(Port) -> Port.
