import Base
import Testing

@Suite struct SecretNameTests {
    @Test(arguments: [
        "Authorization", "proxy-authorization", "Cookie", "Cookie2", "X-API-Key", "X-Api_Key", "Api_Key", "ApiKey",
        "X-APIKEY", "X-Auth", "x-auth", "AUTH", "X_Auth", "XAuth", "X-Auth-Token", "XAuthToken", "Api-Secret",
        "X-JWT", "X-Goog-IAP-JWT-Assertion", "X-Pass", "X-Passwd", "X-Password", "X-PWD", "X-Passphrase",
        "X-Credential", "X-Credentials", "X-Bearer", "X-CSRF", "X-XSRF-Token", "CSRF-Protection", "X-OTP", "X-TOTP",
        "X-PIN", "X-Session", "Session-Id", "JSESSIONID", "X-SID", "X-Signature", "X-Hub-Signature-256", "X-Sig",
        "X-Amz-Security-Token", "X-Vault-Token", "Ocp-Apim-Subscription-Key", "Key", "X-Access-Key-Id", "DPoP",
        "X-HMAC", "X.Auth", "X-User-Auth-V2", "X-Client-Secret", "Idempotency-Key",
    ])
    func namesOfCredentialsAreSecret(_ name: String) {
        #expect(SecretName.matches(header: name))
    }

    @Test(arguments: [
        "Accept", "Accept-Language", "Content-Type", "User-Agent", "X-Request-ID", "X-Author", "Authority", "Origin",
        "Referer", "X-Monkey", "X-Keyboard", "X-Passenger", "X-Bypass-Cache", "X-Ping", "X-Spin", "X-Compass",
        "Keep-Alive", "X-Forwarded-For", "Cache-Control", "If-None-Match", "X-Side", "X-Design", "", "-", "Ünï",
    ])
    func otherNamesAreNotSecret(_ name: String) {
        #expect(!SecretName.matches(header: name))
    }
}
